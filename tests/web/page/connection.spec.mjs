import { write } from "../support/market.mjs";
import { expect, kLost, open, openChart, row, test } from "../support/fixtures.mjs";
import { price } from "../../../web/src/format/numbers.ts";

test.use({ expected: kLost });
const last = (page, symbol) => row(page, symbol).locator("td.last");
const want = (server, symbol) => price(JSON.parse(write(server.market.watchRow(symbol, false))).last, 2);
const amber = (page) => page.locator("[data-bar='disconnected']");

test("a lost connection: the data stays, the bar says since when, then it fills without a reload", async ({ page, server }) => {
  await open(page, server);
  await page.evaluate(() => { globalThis.sameDocument = true; });
  const before = await last(page, "AAPL").textContent();
  await server.stop();
  await expect(amber(page)).toContainText(/Showing 14:03:2\d UTC, (retry in \d+\u00a0s|connecting)/);
  expect(await last(page, "AAPL").textContent()).toBe(before);
  server.tick(5000);
  await server.startAgain();
  await page.getByRole("button", { name: "Retry now" }).click({ timeout: 1000 }).catch(() => {}); // it may have come by itself
  await expect(amber(page)).toHaveCount(0);
  await expect(last(page, "AAPL")).toHaveText(want(server, "AAPL"));
  server.tick(1000);
  await expect(last(page, "AAPL")).toHaveText(want(server, "AAPL"));
  expect(await page.evaluate(() => globalThis.sameDocument)).toBe(true);
});

test("bars that closed meanwhile are filled in, also more than a snapshot holds", async ({ page, server }) => {
  await openChart(page, server);
  await server.stop();
  await expect(amber(page)).toBeVisible();
  for (let i = 0; i < 700; i++) server.tick(60_000, ["AAPL"]);
  await server.startAgain("8f1c0003");
  await expect(amber(page)).toHaveCount(0, { timeout: 20_000 });
  // Every window from the first one known to the present has its bar, but the three of the gap and 14:03, in which nothing traded.
  const state = () => page.locator(".chart-frame").evaluate(({ dataset }) => ({ bars: Number(dataset.bars), minutes: (Date.parse(dataset.last) - Date.parse(dataset.first)) / 60_000 }));
  await expect.poll(async () => { const { bars, minutes } = await state(); return minutes + 1 - bars; }).toBe(4);
  expect((await state()).bars).toBeGreaterThanOrEqual(1200);
});

test("a number that is missing counts as a lost connection", async ({ page, server }) => {
  await open(page, server);
  const [client] = server.clients;
  client.socket.send(JSON.stringify({ type: "pong", n: 99, id: 1 }));
  await expect.poll(() => server.clients.has(client)).toBe(false);
  await expect.poll(() => server.clients.size).toBe(1);
  await expect(amber(page)).toHaveCount(0);
  server.tick(1000);
  await expect(last(page, "MSFT")).toHaveText(want(server, "MSFT"));
});

test("paused: nothing moves, nothing is lost", async ({ page, server }) => {
  await open(page, server);
  const before = await last(page, "AAPL").textContent();
  await page.keyboard.press(" ");
  await expect(page.locator("[data-bar='paused']")).toContainText(/Paused at 14:03:2\d UTC/);
  while (want(server, "AAPL") === before) server.tick(1000);
  server.mark("heard");
  await expect(page.getByRole("alert")).toContainText("heard");
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  expect(await last(page, "AAPL").textContent()).toBe(before);
  await page.keyboard.press(" ");
  await expect(last(page, "AAPL")).toHaveText(want(server, "AAPL"));
  await expect(page.locator("[data-bar='paused']")).toHaveCount(0);
});

test("a stage's trouble and the catching up are said", async ({ page, server }) => {
  server.statusChange = { catching_up: 0.43, problems: ["the disk holds 2 hours more: free some, or set tape.size_max"] };
  await open(page, server);
  await expect(page.getByRole("status").filter({ hasText: "catching up" })).toContainText("43");
  await expect(page.locator("[data-bar='problems']")).toContainText("the disk holds 2 hours more");
});

test.describe("with a token", () => {
  test.use({ serverOptions: { token: "s3cret" } });
  test("it leaves the address, opens REST and the stream, and saves a CSV", async ({ page, server }) => {
    await page.goto(`${server.url}#page=charts&symbol=AAPL&interval=1m&range=all&token=s3cret`);
    await expect(page.locator(".chart-frame[data-loaded='true']")).toBeVisible();
    expect(page.url()).not.toContain("s3cret");
    expect(server.requests.every(({ authorization, url }) => authorization === "Bearer s3cret" && !url.includes("s3cret"))).toBe(true);
    expect(server.requests.filter(({ path, method }) => path === "ticket" && method === "POST").length).toBeGreaterThan(0);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV" }).click()]);
    expect(download.suggestedFilename()).toBe("AAPL-1m.csv");
    await page.reload();
    await expect(page.locator(".chart-frame[data-loaded='true']")).toBeVisible();
  });

  test("without it the page says that one is needed", async ({ page, server }) => {
    await page.goto(server.url);
    await page.goto(`${server.url}#page=pipeline`);
    await expect(page.getByText("a token is needed").first()).toBeVisible();
    await expect(page.getByText("open the page with #token=…").first()).toBeVisible();
  });
});
