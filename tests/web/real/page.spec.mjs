// The page on the program itself: what it shows is what the store holds, live, through a restart, and back to the first bar.
import { readFile } from "node:fs/promises";
import { expect, kLost, openChart, row, test as base } from "../support/fixtures.mjs";
import { kProgram, kUrl, RealServer } from "../support/real_server.mjs";
import { exact, price } from "../../../web/src/format/numbers.ts";

const test = base.extend({
  program: [async ({}, use) => {
    const program = await RealServer.start();
    await use(program);
    await program.close();
  }, { scope: "worker", timeout: 180_000 }],
  server: async ({ program }, use) => use(program),
});
test.skip(!kUrl && !kProgram, "neither TICKERHOUSE_URL nor TICKERHOUSE_BIN names the program");
test.describe.configure({ mode: "serial", timeout: 120_000 });
test.use({ expected: kLost });

const frame = (page) => page.locator(".chart-frame");
const chart = (symbol, interval, range) => `page=charts&symbol=${encodeURIComponent(symbol)}&interval=${interval}&range=${range}&zone=utc`;

async function first(server) {
  const { symbols } = await server.json("symbols");
  return symbols[0];
}

test("the bars on the page are the store's, to the last digit", async ({ page, server }) => {
  const { symbol, decimals } = await first(server);
  await openChart(page, server, chart(symbol, "1m", "1h"));
  await page.keyboard.press("d");
  const rows = page.locator(".bar-table tbody tr");
  await expect(rows.first()).toBeVisible();
  // The price columns by the symbol's decimals; volume and VWAP whole: as text of the answer, not as doubles.
  const text = await (await server.get(`bars?symbol=${encodeURIComponent(symbol)}&interval=1m&order=desc&limit=200`)).text();
  const stored = [...text.matchAll(/\{"symbol":[^{}]*\}/g)].map(([bar]) => Object.fromEntries([...bar.matchAll(/"(\w+)":("[^"]*"|[^,}]+)/g)].map(([, key, value]) => [key, value.replace(/^"|"$/g, "")])));
  const known = new Map(stored.map((bar) => [bar.window_start, bar]));
  let compared = 0;
  for (const one of await rows.evaluateAll((list) => list.map((line) => ({ start: line.dataset.start, cells: [...line.querySelectorAll("td")].map((cell) => cell.textContent) })))) {
    const want = known.get(one.start);
    if (!want || one.cells[8] === "provisional") continue;
    expect(one.cells.slice(0, 6), one.start).toEqual([...[want.open, want.high, want.low, want.close].map((value) => price(value, decimals)), exact(want.volume), exact(want.vwap)]);
    compared++;
  }
  expect(compared).toBeGreaterThan(5);
});

test("a price moves without a reload", async ({ page, server }) => {
  await page.goto(`${server.url}#page=overview&zone=utc`);
  await page.evaluate(() => { globalThis.sameDocument = true; });
  const { symbol } = await first(server);
  const cell = row(page, symbol).locator("td.trades");
  await expect(cell).toHaveText(/\d/);
  const before = await cell.textContent();
  await expect.poll(() => cell.textContent(), { timeout: 60_000 }).not.toBe(before);
  expect(await page.evaluate(() => globalThis.sameDocument)).toBe(true);
});

test("the ledger on the page adds up, and the oracle agrees", async ({ page, server }) => {
  await page.goto(`${server.url}#page=pipeline&zone=utc`);
  await expect(page.locator("#ledger .equation .verdict")).toHaveText("✓ exact");
  await expect(page.locator("#ledger .equation [data-place='received']")).toHaveText(/\d/);
  await expect(page.locator("#topics tr[data-partition]").first()).toBeVisible();
});

test("CSV is that of the API, byte for byte", async ({ page, server }) => {
  const { symbol } = await first(server);
  await openChart(page, server, chart(symbol, "5m", "6h"));
  const link = page.getByRole("link", { name: "CSV" });
  await link.focus(); // the address is that of the view now
  const address = await link.getAttribute("href");
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const wanted = await (await fetch(new URL(address, server.url))).text();
  expect((await readFile(await download.path())).toString()).toBe(wanted);
  expect(wanted.split("\n").length).toBeGreaterThan(2);
});

test("history, page after page, to the first bar of the store", async ({ page, server }) => {
  const { symbol } = await first(server);
  await openChart(page, server, chart(symbol, "1m", "all"));
  const { bars } = await server.json(`bars?symbol=${encodeURIComponent(symbol)}&interval=1m&order=asc&limit=1`);
  await expect(frame(page)).toHaveAttribute("data-first", bars[0].window_start, { timeout: 60_000 });
});

test("a restart: the data stays, the page says so, then it fills without a reload", async ({ page, server }) => {
  test.skip(!server.restartable, "the program at TICKERHOUSE_URL is somebody else's");
  await page.goto(`${server.url}#page=overview&zone=utc`);
  const { symbol } = await first(server);
  await expect(row(page, symbol)).toBeVisible();
  await page.evaluate(() => { globalThis.sameDocument = true; });
  const startAgain = await server.restart();
  await expect(page.locator("[data-bar='disconnected']")).toContainText("Showing");
  await expect(row(page, symbol)).toBeVisible();
  await startAgain();
  await expect(page.locator("[data-bar='disconnected']")).toHaveCount(0, { timeout: 60_000 });
  await expect(row(page, symbol).locator("td.last")).toHaveText(/\d/);
  expect(await page.evaluate(() => globalThis.sameDocument)).toBe(true);
});
