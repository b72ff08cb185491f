import { readFile } from "node:fs/promises";
import { csv, write } from "../support/market.mjs";
import { expect, openChart, test } from "../support/fixtures.mjs";
import { count, exact, price, short } from "../../../web/src/format/numbers.ts";

const legend = (page, name) => page.locator(`.legend [data-value="${name}"]`);
const frame = (page) => page.locator(".chart-frame");
const bars = (server, symbol, interval = "1m") => server.market.bars(symbol, interval).map((bar) => JSON.parse(write(server.market.barJson(symbol, bar, interval))));

// Over the chart's pane, `part` of its width from the left.
async function hover(page, part) {
  const box = await page.locator(".charts .chart-host").boundingBox();
  await page.mouse.move(box.x + box.width * part, box.y + box.height * 0.4);
}
const shown = (page) => page.locator(".legend").getAttribute("data-start");

test("the legend says what the API says of the bar under the cursor", async ({ page, server }) => {
  await openChart(page, server);
  await hover(page, 0.3);
  await expect(page.locator(".legend")).toHaveAttribute("data-state", /final|revised/);
  const start = await shown(page);
  const want = bars(server, "AAPL").find((bar) => bar.window_start === start);
  for (const [name, key] of [["O", "open"], ["H", "high"], ["L", "low"], ["C", "close"], ["VWAP", "vwap"]]) {
    await expect(legend(page, name)).toHaveText(`${name} ${price(want[key], 2)}`);
  }
  await expect(legend(page, "V")).toHaveText(`V ${short(want.volume)}`);
  await expect(legend(page, "V")).toHaveAttribute("title", exact(want.volume));
  await expect(legend(page, "trades")).toHaveText(`trades ${count(want.trade_count)}`);
});

test("the forming bar counts down, becomes final, and a new one begins", async ({ page, server }) => {
  await openChart(page, server);
  server.tick(1000, ["AAPL"]);
  await expect(legend(page, "state")).toHaveText(/forming, closes in 0:3\d/);
  const start = await shown(page);
  server.tick(40_000, ["AAPL"]);
  await expect(page.locator(".legend")).not.toHaveAttribute("data-start", start);
  await expect(legend(page, "state")).toHaveText(/forming/);
  await page.keyboard.press("d");
  await expect(page.locator(`.bar-table tr[data-start="${start}"] td.word`).first()).toHaveText("final");
});

test("a revised bar says old → new and why", async ({ page, server }) => {
  await openChart(page, server, "page=charts&symbol=AMZN&interval=1m&range=15m&zone=utc");
  const { before, after } = server.revise("AMZN", 4);
  await page.keyboard.press("d");
  await expect(page.locator(`.bar-table tr[data-start="${after.window_start}"] td.word`).first()).toHaveText("revised");
  for (let part = 0.95; part > 0 && (await shown(page)) !== after.window_start; part -= 0.02) await hover(page, part);
  await expect(page.getByRole("tooltip")).toContainText(`close ${price(before.close.text, 2)} → ${price(after.close.text, 2)}`);
  await expect(page.getByRole("tooltip")).toContainText("why: late trades came");
  await expect(legend(page, "state")).toContainText("revision 1");
});

test("scrolling back loads history, page after page, and nothing jumps", async ({ page, server }) => {
  await openChart(page, server);
  await expect(frame(page)).toHaveAttribute("data-bars", "500");
  let go;
  server.slow.set("bars", new Promise((done) => { go = done; }));
  const asked = () => server.requests.filter(({ path }) => path === "bars").length;
  const before = asked();
  const box = await page.locator(".charts .chart-host").boundingBox();
  await page.mouse.move(box.x + 600, box.y + 200);
  // A key that comes before the chart has drawn the one before moves nothing.
  await expect.poll(async () => { if (asked() === before) await page.keyboard.press("ArrowLeft"); return asked(); }, { intervals: [50] }).toBe(before + 1);
  await hover(page, 0.5);
  const under = await shown(page);
  go();
  await expect(frame(page)).toHaveAttribute("data-bars", "1000");
  await hover(page, 0.501);
  await hover(page, 0.5);
  expect(await shown(page)).toBe(under);
  const first = bars(server, "AAPL").at(-1000).window_start;
  await expect(frame(page)).toHaveAttribute("data-first", first);
});

test("a page that ends early, or is empty, is not the end of history", async ({ page, server }) => {
  server.pageMax = 220;
  server.emptyPages = true;
  await openChart(page, server, "page=charts&symbol=AMZN&interval=1m&range=all&zone=utc");
  await expect(frame(page)).toHaveAttribute("data-first", bars(server, "AMZN")[0].window_start);
  await expect(frame(page)).toHaveAttribute("data-bars", String(bars(server, "AMZN").length));
});

test("a link to an old bar loads as far back as that, and shows it", async ({ page, server }) => {
  const all = bars(server, "AAPL");
  const wanted = all.at(-1300).window_start;
  await openChart(page, server, `page=charts&symbol=AAPL&interval=1m&range=1h&zone=utc&at=${wanted}`);
  await expect.poll(async () => (await frame(page).getAttribute("data-first")) <= wanted).toBe(true);
  await expect(page.getByRole("button", { name: "Go live →" })).toBeVisible();
  await expect.poll(async () => { await hover(page, 0.47); await hover(page, 0.475); return Math.abs(Date.parse(await shown(page)) - Date.parse(wanted)) / 60_000; }).toBeLessThan(8);
});

test("to the first bar, and the way back to now", async ({ page, server }) => {
  await openChart(page, server);
  await page.getByRole("button", { name: "all", exact: true }).click();
  await expect(frame(page)).toHaveAttribute("data-bars", String(bars(server, "AAPL").length));
  await expect(frame(page)).toHaveAttribute("data-first", bars(server, "AAPL")[0].window_start);
  await page.getByRole("button", { name: "1h", exact: true }).last().click();
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
  await page.getByRole("button", { name: "Go live →" }).click();
  await expect(page.getByRole("button", { name: "Go live →" })).toHaveCount(0);
});

test("CSV is the API's, byte for byte: the range in view, and all of it", async ({ page, server }) => {
  await openChart(page, server, "page=charts&symbol=GOOG&interval=5m&range=all&zone=utc");
  const save = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV" }).click()]);
    return { bytes: await readFile(await download.path()), name: download.suggestedFilename() };
  };
  const all = server.market.bars("GOOG", "5m");
  const text = (list) => csv(list.map((bar) => server.market.barJson("GOOG", bar, "5m")));
  const whole = await save();
  expect(whole.bytes.toString()).toBe(text(all));
  expect(whole.name).toBe("GOOG-5m.csv");
  await page.getByRole("button", { name: "6h" }).click();
  const part = (await save()).bytes.toString();
  expect(text(all).endsWith(part.split("\n").slice(1).join("\n"))).toBe(true);
  expect(part.split("\n").length).toBeLessThan(90);
  expect(part.split("\n").length).toBeGreaterThan(60);
});

test("a picture", async ({ page, server }) => {
  await openChart(page, server);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Picture" }).click()]);
  expect(download.suggestedFilename()).toBe("AAPL-1m.png");
  const bytes = await readFile(await download.path());
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  expect(bytes.length).toBeGreaterThan(10_000);
});

test("comparing: lines in percent, in the address, and gone again", async ({ page, server }) => {
  await openChart(page, server);
  await page.keyboard.press("c");
  await page.getByLabel("Symbol to compare").fill("ms");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(page.locator(".chip")).toHaveText(/MSFT/);
  await expect.poll(() => new URLSearchParams(new URL(page.url()).hash.slice(1)).get("compare")).toBe("MSFT");
  await expect.poll(() => [...server.clients][0].wants.bars.map(({ symbol }) => symbol).sort()).toEqual(["AAPL", "MSFT"]);
  const asked = () => server.requests.filter(({ url }) => /bars\?symbol=MSFT/.test(url)).length;
  await expect(frame(page)).toHaveAttribute("data-bars", "500");
  expect(asked()).toBeLessThan(3);
  await page.getByRole("button", { name: "all", exact: true }).click(); // both go back
  await expect.poll(asked).toBe(Math.ceil(bars(server, "MSFT").length / 500));
  await page.getByRole("button", { name: "Do not compare MSFT" }).click();
  await expect.poll(() => [...server.clients][0].wants.bars.map(({ symbol }) => symbol)).toEqual(["AAPL"]);
});

test("keys: interval, kind of view, zone, and a link that shows the same", async ({ page, server, context }) => {
  await openChart(page, server);
  await page.keyboard.press("2");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Charts: AAPL 5m");
  await page.getByRole("button", { name: "24h" }).click();
  await page.keyboard.press("z");
  await page.keyboard.press("z");
  await expect(page.locator(".clock")).toHaveText(/^09:03:\d\d EST$/);
  await expect(frame(page)).toHaveAttribute("data-loaded", "true");
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Charts: AAPL 5m");
  await expect(other.getByRole("group", { name: "Range" }).getByRole("button", { pressed: true })).toHaveText("24h");
  await expect(other.locator(".clock")).toHaveText(/^09:03:\d\d EST$/);
});

test("the table twin and the summary say what is drawn", async ({ page, server }) => {
  await openChart(page, server, "page=charts&symbol=INTC&interval=15m&range=6h&zone=utc");
  await page.keyboard.press("d");
  const rows = page.locator(".bar-table tbody tr");
  const all = bars(server, "INTC", "15m");
  let drawn = 0; // the chart makes room for the table first
  await expect.poll(async () => { const before = drawn; drawn = await rows.count(); return drawn === before && drawn < 30; }).toBe(true);
  await expect(rows.nth(1)).toHaveAttribute("data-start", all.at(-1 - 0 - (await rows.first().getAttribute("data-start") === all.at(-1).window_start ? 1 : 0)).window_start);
  for (const start of await rows.evaluateAll((list) => list.slice(1).map((one) => one.dataset.start))) {
    const want = all.find((bar) => bar.window_start === start);
    const cells = await page.locator(`.bar-table tr[data-start="${start}"] td`).allTextContents();
    expect(cells.slice(0, 6)).toEqual([...[want.open, want.high, want.low, want.close].map((value) => price(value, 2)), exact(want.volume), exact(want.vwap)]);
  }
  await expect(page.locator(".charts .chart-host")).toHaveAttribute("aria-label", /^INTC 15m: \d+ bars from 2026-11-20 .* UTC\. Opened at \d/);
});

test.describe("what is not there", () => {
  test.use({ expected: /Failed to load resource.*404/ });
  test("an unknown symbol says so", async ({ page, server }) => {
    await page.goto(`${server.url}#page=charts&symbol=AAPX&interval=1m`);
    await expect(page.getByRole("alert")).toContainText('there is no symbol "AAPX"');
  });
});
