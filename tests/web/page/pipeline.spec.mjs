import { expect, kLost, open, test } from "../support/fixtures.mjs";
import { count } from "../../../web/src/format/numbers.ts";

const pipeline = (page, server) => open(page, server, "page=pipeline&zone=utc");

test("the ledger is an equation, and adds up", async ({ page, server }) => {
  await pipeline(page, server);
  const equation = page.locator("#ledger .equation");
  for (const [place, value] of Object.entries(server.ledger)) await expect(equation.locator(`[data-place="${place}"]`)).toHaveText(count(value));
  await expect(equation.locator(".verdict")).toHaveText("✓ exact");
  server.ledger.received += 3;
  server.tick(1000, ["AAPL"]);
  await expect(equation.locator(".verdict")).toHaveText("✗ 3 missing");
  server.ledger.received -= 5;
  server.tick(1000, ["AAPL"]);
  await expect(equation.locator(".verdict")).toHaveText("✗ 2 too many");
});

test("what was deleted before it was read is told", async ({ page, server }) => {
  await pipeline(page, server);
  await expect(page.locator("#ledger .equation")).toBeVisible();
  await expect(page.locator("#ledger .loss")).toHaveCount(0);
  const { sources, partitions } = server.status();
  server.statusChange = {
    sources: [{ ...sources[0], name: "ticks", lost: { offsets: 1234, from: 17, to: 40, input: "ticks/3" } }],
    partitions: partitions.map((row) => (row.partition === 2 ? { ...row, lost: { offsets: 9, from: 0, to: 9 } } : row)),
  };
  server.tick(1000, ["AAPL"]);
  await expect(page.locator("#ledger .loss")).toHaveText([
    `up to ${count(1234)} messages of ticks were deleted before they were read, the last ones from offset 17 to 40 of ticks/3; bars that may lack one are marked gap`,
    "up to 9 rows of partition 2 were deleted before they were read, the last ones from offset 0 to 9; bars that may lack one are marked gap",
  ]);
});

test("the flow: rates, totals, lags, wider where more flows", async ({ page, server }) => {
  await pipeline(page, server);
  for (let i = 0; i < 8; i++) server.tick(1000);
  const box = (name) => page.locator(`[data-stage="${name}"]`);
  await expect(box("ingest")).toContainText("10\u00a0/s");
  await expect(box("source")).toContainText(count(server.ledger.received));
  await expect(box("tape")).toContainText("1.45\u00a0GB");
  await expect(page.locator(".flow-box")).toHaveCount(7);
  const width = (i) => page.locator(".flow-edge line").nth(i).evaluate((line) => Number(line.getAttribute("stroke-width")));
  expect(await width(0)).toBeGreaterThan(2);
  expect(await width(3)).toBe(1); // no bar has closed
});

test("topics, their readers, and the messages", async ({ page, server }) => {
  await pipeline(page, server);
  const line = page.locator('[data-partition="events/1"]');
  await expect(line).toContainText(count(server.offsets.events[1]));
  await expect(line.getByRole("img", { name: "parquet: 38 behind" })).toBeVisible();
  await expect(line.locator(".reader.ill")).toHaveCount(0); // it gathers a file: no fault
  server.statusChange = { sinks: server.sinks(null).map((sink) => (sink.name === "parquet" ? { ...sink, state: "failed" } : sink)) };
  await expect(line.locator(".reader.ill")).toHaveText(/parquet/);
  await line.getByRole("button").click();
  const browser = page.locator(".messages");
  await expect(browser.locator("li").last()).toHaveAttribute("data-offset", String(server.offsets.events[1] - 1));
  await browser.getByRole("button", { name: "First" }).click();
  await expect(browser.locator("li").first()).toHaveAttribute("data-offset", "0");
  await expect(browser.locator("li").first()).toContainText('"price":157.05');
  await browser.getByLabel("offset").fill("5000");
  await browser.getByLabel("offset").press("Enter");
  await expect(browser.locator("li").first()).toHaveAttribute("data-offset", "5000");
  await browser.getByRole("button", { name: "Newer →" }).click();
  await expect(browser.locator("li").first()).toHaveAttribute("data-offset", "5020");
  await browser.getByRole("button", { name: "Close the messages" }).click();
  await expect(browser).toHaveCount(0);
});

test("rejects: reasons, the last fifty, text and hex", async ({ page, server }) => {
  await pipeline(page, server);
  const rejects = page.locator("#rejects");
  await expect(rejects.locator(".reject")).toHaveCount(50);
  await expect(rejects.locator(".reasons li").first()).toContainText("bad_price");
  await expect(rejects.locator(".reasons li").first()).toContainText("47");
  await expect(rejects.locator(".reject").filter({ hasText: "\\x00\\x01not a line\\t" }).first()).toBeVisible();
  await expect(rejects.locator(".reject").first()).toContainText(`rejects/0@${server.offsets.rejects[0] - 1}`);
  await rejects.getByRole("button", { name: "Hex" }).click();
  await expect(rejects.locator(".reject pre").filter({ hasText: "0000  00 01 6e 6f 74" }).first()).toBeVisible();
  await rejects.getByRole("button", { name: /bad_symbol/ }).click();
  await expect.poll(() => rejects.locator(".reject .reason").allTextContents().then((all) => [...new Set(all)])).toEqual(["bad_symbol"]);
  expect(server.requests.at(-1).url).toContain("reason=bad_symbol");
});

test("sinks: position, lag, last flush, error", async ({ page, server }) => {
  await pipeline(page, server);
  await expect(page.locator('[data-sink="duckdb/bars"]')).toContainText(count(server.offsets.bars.reduce((a, b) => a + b)));
  const sinks = server.sinks("2026-11-20T14:03:02Z").map((sink) => (sink.name === "duckdb" ? { ...sink, state: "failed", error: "the disk is full", lag: 7, restarts: 2 } : sink));
  server.statusChange = { sinks };
  server.tick(1000);
  const line = page.locator('[data-sink="duckdb/bars"]');
  await expect(line).toContainText("the disk is full");
  await expect(line.locator("td").nth(3)).toHaveText("28");
  await expect(line.locator("td").nth(4)).toHaveText(/2\d\u00a0s/);
});

test("break it: a slider is told to the server; ledger and oracle stay in view", async ({ page, server }) => {
  await pipeline(page, server);
  await page.getByRole("button", { name: "Break it …" }).click();
  const drawer = page.getByRole("complementary", { name: "Break it" });
  await drawer.locator('[data-fault="duplicate"] input').fill("0.1");
  await expect(drawer.locator('[data-fault="duplicate"] output')).toHaveText("10.0\u00a0%");
  await expect.poll(() => server.faults).toEqual({ late: 0, duplicate: 0.1, malformed: 0, out_of_order: 0, gap: 0 });
  await drawer.locator('[data-fault="gap"] input').focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  await expect.poll(() => server.faults.gap).toBe(0.02);
  await expect(drawer.locator(".equation .verdict")).toBeInViewport();
  await expect(drawer.getByText("bars exact")).toBeInViewport();
  await drawer.getByRole("button", { name: "All to zero" }).click();
  await expect.poll(() => server.faults.duplicate).toBe(0);
  await drawer.locator('[data-fault="gap"] input').focus(); // a slider takes arrows, no letters
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page.locator("main")).toHaveAttribute("data-page", "overview");
});

test.describe("no demo", () => {
  test.use({ serverOptions: { demo: false }, expected: kLost });
  test("the drawer is not there", async ({ page, server }) => {
    const asked = page.waitForResponse((response) => response.url().endsWith("/demo"));
    await pipeline(page, server);
    expect((await asked).status()).toBe(404);
    await expect(page.locator("#sinks table")).toBeVisible();
    await expect(page.getByRole("button", { name: "Break it …" })).toHaveCount(0);
  });
});
