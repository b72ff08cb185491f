import { expect, open, row, test } from "../support/fixtures.mjs";

const kScriptMsMax = 4; // of each frame
const kFrames = 300;

test.describe("five hundred symbols", () => {
  test.use({ serverOptions: { symbols: 500, history: 180 } });

  test("only rows in view are in the page; the last one is a key away", async ({ page, server }) => {
    await open(page, server);
    await expect(row(page, "AAPL")).toBeVisible();
    expect(await page.locator("tr[data-symbol]").count()).toBeLessThan(60);
    await expect(page.getByRole("table")).toHaveAttribute("aria-rowcount", "501");
    await page.keyboard.press("End");
    await expect(row(page, "TSLA")).toBeInViewport();
    expect(await page.locator("tr[data-symbol]").count()).toBeLessThan(60);
    await page.keyboard.press("Home");
    await expect(row(page, "AAPL")).toBeInViewport();
  });

  test.describe("on a screen of 1080 lines", () => {
    test.use({ viewport: { width: 1920, height: 1080 } });
    test("at least 24 rows", async ({ page, server }) => {
      await open(page, server);
      await expect(row(page, "AAPL")).toBeVisible();
      const visible = await page.locator("tr[data-symbol]").evaluateAll((rows) => rows.filter((one) => one.getBoundingClientRect().bottom <= innerHeight).length);
      expect(visible).toBeGreaterThanOrEqual(24);
    });
  });

  test("a hundred updates a second cost less script than a frame's budget", async ({ page, server }) => {
    await open(page, server);
    await expect(row(page, "AAPL")).toBeVisible();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    const script = async () => (await cdp.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ScriptDuration").value;
    const inView = await page.locator("tr[data-symbol]").evaluateAll((rows) => rows.slice(0, 30).map((one) => one.dataset.symbol));
    let drawn = 0;
    const before = await script();
    for (let i = 0; drawn < kFrames; i++) {
      // Every six frames, a tenth of a second, ten of the rows in view: as the server sends a hundred changes a second.
      server.tick(100, Array.from({ length: 10 }, (_, k) => inView[(10 * i + k) % 30]));
      drawn += await page.evaluate(() => new Promise((done) => {
        const frame = (left) => (left === 0 ? done(6) : requestAnimationFrame(() => frame(left - 1)));
        frame(6);
      }));
    }
    const perFrame = ((await script()) - before) * 1000 / drawn;
    console.log(`script per frame: ${perFrame.toFixed(2)} ms`);
    expect(perFrame).toBeLessThan(kScriptMsMax);
  });
});

test("a hidden tab is told everything and draws nothing; seen again it is right at once", async ({ page, server }) => {
  await open(page, server);
  // The browser gives a hidden page no frames: here, frames are held back until it is shown.
  await page.evaluate(() => {
    globalThis.held = [];
    globalThis.requestAnimationFrame = (work) => globalThis.held.push(work);
    globalThis.mutations = 0;
    new MutationObserver((list) => { globalThis.mutations += list.length; }).observe(document.querySelector(".watch-table tbody"), { subtree: true, characterData: true, childList: true });
  });
  for (let i = 0; i < 20; i++) server.tick(100, ["AAPL"]);
  server.mark("heard");
  await expect(page.getByRole("alert")).toContainText("heard");
  expect(await page.evaluate(() => globalThis.mutations)).toBe(0);
  await page.evaluate(() => { for (const work of globalThis.held.splice(0)) work(performance.now()); });
  await expect(row(page, "AAPL").locator("td.last")).toHaveText((server.market.state.get("AAPL").price / 100).toFixed(2));
});
