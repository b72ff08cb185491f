// Pictures of every page × theme × width × state into build/web/screenshots, to be looked at. That they can be made, without a
// complaint of the browser, is all that is asserted.
import { mkdirSync } from "node:fs";
import { expect, kLost, test } from "../support/fixtures.mjs";

const kOut = new URL("../../../build/web/screenshots/", import.meta.url).pathname;
const kSizes = [[375, 812], [1440, 900], [2560, 1440]];
const kPages = { overview: "page=overview", charts: "page=charts&symbol=AAPL&interval=1m&range=1h", pipeline: "page=pipeline" };
const kTicks = 24;

async function ready(page) {
  await expect(page.getByRole("status", { name: "connected" })).toBeVisible();
  if ((await page.locator("main").getAttribute("data-page")) === "charts") await page.waitForSelector(".chart-frame[data-loaded='true'], .chart-state .failure, .empty, .skeleton.late");
}

function drawn(page) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

// What each state is, from the first request on.
const kStates = {
  live: async ({ page, server, url }) => {
    await page.goto(url);
    await ready(page);
    for (let i = 0; i < kTicks; i++) {
      server.tick(1000);
      await drawn(page);
    }
    server.revise("AAPL", 3);
    await drawn(page);
  },
  loading: async ({ page, server, url }) => {
    server.slow.set("stream", new Promise(() => {}));
    server.slow.set("bars", new Promise(() => {}));
    server.slow.set("topics", new Promise(() => {}));
    server.slow.set("rejects", new Promise(() => {}));
    await page.goto(url);
    await expect(page.locator(".skeleton.late").first()).toBeVisible();
  },
  empty: async ({ page, url }) => {
    await page.goto(url);
    await expect(page.getByRole("status", { name: "connected" })).toBeVisible();
    await expect(page.locator(".empty, .equation").first()).toBeVisible();
  },
  stale: async ({ page, server, url }) => {
    await page.goto(url);
    await ready(page);
    server.market.state.get("TSLA").health = "finished";
    server.market.state.get("MSFT").health = "gap";
    server.tick(90_000, ["AAPL", "TSLA", "MSFT"]);
    server.statusChange = { stages: server.stages().map((stage) => (stage.name === "source" ? { ...stage, state: "degraded", word: "quiet", number: "0 /s", detail: "no event for 90 s" } : stage)), problems: ["source: no event for 90 s; is the feed up?"] };
    server.tick(1000, ["AAPL"]);
    await expect(page.locator("[data-bar='problems']")).toBeVisible();
  },
  disconnected: async ({ page, server, url }) => {
    await page.goto(url);
    await ready(page);
    await page.waitForLoadState("networkidle");
    server.tick(1000);
    await server.stop();
    await expect(page.locator("[data-bar='disconnected']")).toBeVisible();
  },
  kafka: async ({ page, url }) => {
    await page.goto(`${url}&part=kafka/demo.events/0/1`);
    await expect(page.locator(".cluster-messages li").first()).toBeVisible();
    await page.locator("#kafka").evaluate((panel) => panel.scrollIntoView());
  },
  error: async ({ page, server, url }) => {
    for (const path of ["bars", "topics", "rejects"]) server.failing.set(path, [503, "store_closed", "the store is being rebuilt from the tape", "wait for it: tickerhouse status --watch"]);
    await page.goto(url);
    await ready(page);
  },
};

const kOnly = { kafka: ["pipeline"] }; // states of one page alone

const kVision = { state: "live", type: "deuteranopia" };

async function shoot(page, name) {
  mkdirSync(kOut, { recursive: true });
  await page.screenshot({ path: `${kOut}${name}.png` });
}

for (const [state, bring] of Object.entries(kStates)) {
  test.describe(state, () => {
    test.use({ expected: kLost, serverOptions: { empty: state === "empty", kafka: state === "kafka" } });
    for (const theme of ["dark", "light"]) {
      for (const [name, fragment] of Object.entries(kPages)) {
        if (!(kOnly[state] ?? [name]).includes(name)) continue;
        test(`${name} ${theme}`, async ({ page, server, serverOptions, context }) => {
          test.setTimeout(90_000);
          await page.emulateMedia({ colorScheme: theme });
          await page.setViewportSize({ width: 1440, height: 900 });
          await bring({ page, server, url: `${server.url}#${fragment}&zone=utc`, serverOptions });
          for (const [width, height] of kSizes) {
            await page.setViewportSize({ width, height });
            await drawn(page);
            await shoot(page, `${name}-${theme}-${state}-${width}`);
          }
          if (state !== kVision.state) return;
          await page.setViewportSize({ width: 1440, height: 900 });
          const cdp = await context.newCDPSession(page);
          await cdp.send("Emulation.setEmulatedVisionDeficiency", { type: kVision.type });
          await shoot(page, `${name}-${theme}-${kVision.type}-1440`);
        });
      }
    }
  });
}
