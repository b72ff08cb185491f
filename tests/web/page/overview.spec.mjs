import { write } from "../support/market.mjs";
import { expect, kLost, open, row, test } from "../support/fixtures.mjs";
import { price, exact, signed, percent } from "../../../web/src/format/numbers.ts";

const cell = (page, symbol, column) => row(page, symbol).locator(`td.${column}`);
const apiRow = (server, symbol) => JSON.parse(write(server.market.watchRow(symbol, true)));

test("every row says what the API says", async ({ page, server }) => {
  await open(page, server);
  for (const symbol of server.market.symbols) {
    const want = apiRow(server, symbol);
    await expect(cell(page, symbol, "last")).toHaveText(price(want.last, 2));
    await expect(cell(page, symbol, "change")).toHaveText(signed(want.change, 2));
    await expect(cell(page, symbol, "change_pct")).toContainText(percent(want.change_pct));
    await expect(cell(page, symbol, "vwap")).toHaveAttribute("title", exact(want.vwap));
    await expect(cell(page, symbol, "volume")).toHaveAttribute("title", exact(want.volume));
    await expect(row(page, symbol).locator("canvas")).toHaveCount(1);
  }
});

test("a price that moves is on the page without a reload, and the others stay", async ({ page, server }) => {
  await open(page, server);
  await page.evaluate(() => { globalThis.sameDocument = true; });
  const still = await cell(page, "TSLA", "last").textContent();
  server.tick(1000, ["MSFT"]);
  await expect(cell(page, "MSFT", "last")).toHaveText(price(apiRow(server, "MSFT").last, 2));
  expect(await cell(page, "TSLA", "last").textContent()).toBe(still);
  expect(await page.evaluate(() => globalThis.sameDocument)).toBe(true);
});

test.describe("eighteen digits", () => {
  test.use({ serverOptions: { symbols: 1 } });
  test("a volume that no double holds is shown to its last digit", async ({ page, server }) => {
    const text = "123456789012.123457";
    server.market.watchRow = ((original) => function (symbol, spark) { return { ...original.call(this, symbol, spark), volume: JSON.rawJSON ? JSON.rawJSON(text) : rawOf(text) }; })(server.market.watchRow);
    await open(page, server);
    await expect(cell(page, "AAPL", "volume")).toHaveAttribute("title", "123\u2009456\u2009789\u2009012.123457");
    await expect(cell(page, "AAPL", "volume")).toHaveText("123\u00a0G");
  });
});
function rawOf(text) { return { toJSON: () => `\u0001${text}\u0001` }; }

test("the top line and the health strip", async ({ page, server }) => {
  await open(page, server);
  const fact = (name) => page.locator(`[data-fact="${name}"] dd`);
  await expect(fact("events")).toHaveText("50\u00a0/s");
  await expect(fact("symbols")).toHaveText("10");
  await expect(fact("oracle")).toContainText("1\u2009284 of 1\u2009284 bars exact");
  await expect(fact("settled bars")).toHaveText("6\u2009390");
  await expect(page.locator("[data-fact='event to screen, p99']")).toHaveAttribute("title", /unknown: no price has changed yet/);
  server.tick(1000);
  server.tick(1000);
  await expect(fact("event to screen, p99")).toHaveText(/\d (ms|s)|\d+\u00a0ms/);
  server.revise("AAPL", 3);
  server.tick(1000);
  await expect(page.locator("li.notice.revised")).toHaveCount(3);
  await expect(fact("settled bars")).toHaveText("6\u2009390"); // a revised bar is no further one
  await expect(page.getByRole("navigation", { name: "Health" }).getByRole("link")).toHaveCount(7);
  server.statusChange = { stages: server.stages().map((stage) => (stage.name === "sinks" ? { ...stage, state: "failed", word: "stopped", detail: "duckdb: the disk is full" } : stage)) };
  server.tick(1000);
  const sinks = page.getByRole("navigation", { name: "Health" }).getByRole("link", { name: /Sinks/ });
  await expect(sinks).toContainText("stopped");
  await expect(sinks).toHaveAttribute("title", /the disk is full/);
  await sinks.click();
  await expect(page.locator("main")).toHaveAttribute("data-page", "pipeline");
  await expect(page.locator("#sinks")).toBeInViewport();
});

test.describe("on a phone", () => {
  test.use({ serverOptions: { symbols: 60 }, viewport: { width: 375, height: 812 } });
  test("a long list is as wide as the screen, its symbols whole", async ({ page, server }) => {
    await open(page, server);
    await expect(page.locator("tr.space")).toHaveCount(1);
    expect(await page.locator(".watch-table thead th:visible").evaluateAll((cells) => cells.reduce((sum, one) => sum + one.getBoundingClientRect().width, 0))).toBeCloseTo(375, 0);
    const symbol = row(page, "AAPL").locator("th.symbol");
    expect(await symbol.evaluate((cell) => cell.scrollWidth - cell.clientWidth)).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
  });
});

test("unknown is a dash with its reason, never 0", async ({ page, server }) => {
  const original = server.market.watchRow.bind(server.market);
  server.market.watchRow = (symbol, spark) => ({ ...original(symbol, spark), ...(symbol === "AMZN" ? { volume: null, vwap: null, change: null, change_pct: null } : {}) });
  server.statusChange = { oracle: null, sinks: server.sinks(null).filter(({ topic }) => topic !== "settled") };
  await open(page, server);
  for (const [column, reason] of [["volume", /unknown/], ["vwap", /no volume/], ["change", /nothing to compare/]]) {
    await expect(cell(page, "AMZN", column)).toHaveText("—");
    await expect(cell(page, "AMZN", column)).toHaveAttribute("title", reason);
  }
  await expect(page.locator("[data-fact='settled bars']")).toHaveText(/—/);
  await expect(page.locator("[data-fact='settled bars']")).toHaveAttribute("title", /no sink reads them/);
  await expect(page.locator("[data-fact='oracle']")).toHaveAttribute("title", /only the demo's simulator/);
});

test("sorting, filtering, stars and columns, which a reload keeps", async ({ page, server }) => {
  await open(page, server);
  const order = () => page.locator("tr[data-symbol]").evaluateAll((rows) => rows.map((one) => one.dataset.symbol));
  await page.getByRole("button", { name: "Last", exact: true }).click();
  const byLast = [...server.market.symbols].sort((a, b) => apiRow(server, b).last - apiRow(server, a).last);
  await expect.poll(order).toEqual(byLast);
  await expect(page.locator("th.last")).toHaveAttribute("aria-sort", "descending");
  await row(page, "NFLX").getByRole("button", { name: "Star NFLX" }).click();
  await expect.poll(order).toEqual(["NFLX", ...byLast.filter((symbol) => symbol !== "NFLX")]);
  await page.getByText("Columns").click();
  await page.getByRole("checkbox", { name: "VWAP" }).uncheck();
  await expect(page.locator("td.vwap")).toHaveCount(0);
  await page.reload();
  await expect.poll(order).toEqual(["NFLX", ...byLast.filter((symbol) => symbol !== "NFLX")]);
  await expect(page.locator("td.vwap")).toHaveCount(0);
  await page.getByRole("button", { name: "★ only" }).click();
  await expect.poll(order).toEqual(["NFLX"]);
  await page.getByRole("button", { name: "★ only" }).click();
  await page.getByLabel("Filter symbols").fill("n");
  await expect.poll(order).toEqual(["NFLX", ...byLast.filter((symbol) => symbol.includes("N") && symbol !== "NFLX")]);
  await page.getByLabel("Filter symbols").fill("nothing");
  await expect(page.getByText("No symbol holds “nothing”.")).toBeVisible();
});

test("notices lead to the bar and to the record", async ({ page, server }) => {
  await open(page, server);
  const { after } = server.revise("META", 4);
  const notice = page.locator("li.notice.revised").first();
  await expect(notice).toContainText("META 1m");
  await notice.locator("a.place").click();
  await expect(page.locator(".messages li.wanted")).toHaveAttribute("data-offset", String(server.notices[0].offset));
  await page.goBack();
  await page.locator("li.notice.revised .text a").first().click();
  await expect(page.locator(".chart-frame[data-loaded='true']")).toBeVisible();
  expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("at")).toBe(after.window_start);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Charts: META 1m");
});

test("a quiet symbol is stale, a finished one closed", async ({ page, server }) => {
  server.market.state.get("TSLA").health = "finished";
  await open(page, server);
  server.tick(60_000, ["AAPL"]);
  await expect(row(page, "AMZN")).toHaveClass(/stale/);
  await expect(cell(page, "AMZN", "age")).toHaveText("1\u00a0min");
  await expect(cell(page, "AMZN", "last")).toHaveCSS("opacity", "0.6");
  await expect(row(page, "AAPL")).toHaveClass(/fresh/);
  await expect(row(page, "TSLA")).toHaveClass(/closed/);
  await expect(cell(page, "TSLA", "age")).toHaveText("closed");
});

test.describe("nothing loaded", () => {
  test.use({ serverOptions: { empty: true } });
  test("says why, and the command that fills it", async ({ page, server }) => {
    await open(page, server);
    await expect(page.getByText("No symbol has traded yet")).toBeVisible();
    await expect(page.getByText("tickerhouse replay trades.jsonl --data ./data --serve")).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await expect(page.getByText("There are no bars in this directory yet.")).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await expect(page.getByText("No record has been rejected.")).toBeVisible();
    await expect(page.locator(".equation .verdict").first()).toHaveText("✓ exact");
  });
});

test("loading: a skeleton at the size of what comes, and nothing shifts", async ({ page, server }) => {
  let go;
  server.slow.set("stream", new Promise((done) => { go = done; }));
  await page.addInitScript(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) for (const { node, previousRect: a, currentRect: b } of entry.sources) globalThis.shifts.push(`${node?.className ?? node?.nodeName} ${a.x},${a.y} → ${b.x},${b.y}`); }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(server.url);
  await expect(page.locator(".watch .skeleton.late")).toBeVisible();
  const before = await page.locator(".preview").boundingBox();
  go();
  await expect(row(page, "AAPL")).toBeVisible();
  await expect(page.locator(".watch .skeleton")).toHaveCount(0);
  expect(await page.locator(".preview").boundingBox()).toEqual(before);
  expect(await page.evaluate(() => globalThis.shifts)).toEqual([]);
});

test.describe("errors", () => {
  test.use({ expected: kLost });
  test("an error of the server says what, where and what to do, and can be copied", async ({ page, server, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    server.failing.set("bars", [503, "store_closed", "the store cannot be read now", "tickerhouse status says more"]);
    await open(page, server, "page=charts&symbol=AAPL&interval=1m");
    const failure = page.getByRole("alert");
    await expect(failure).toContainText("The bars of AAPL could not be loaded: the store cannot be read now");
    await expect(failure).toContainText("/api/v1/bars");
    await expect(failure).toContainText("tickerhouse status says more");
    await failure.getByRole("button", { name: "Copy" }).click();
    await expect(failure.getByRole("button", { name: "Copied" })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("store_closed");
    server.failing.clear();
    await failure.getByRole("button", { name: "Try again" }).click();
    await expect(failure).toHaveCount(0);
  });
});
