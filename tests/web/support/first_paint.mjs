// When the program's own page paints first, and when its table shows all symbols: a browser context of its own each
// time, so nothing is cached. Prints one line of JSON, times in ms since the navigation began.
// usage: TICKERHOUSE_BIN=PROGRAM node first_paint.mjs SYMBOLS ROUNDS
import { chromium } from "@playwright/test";
import config from "../playwright.config.mjs";
import { RealServer } from "./real_server.mjs";

const [symbols, rounds] = process.argv.slice(2).map(Number);
process.env.TICKERHOUSE_WEB_COMMAND ??= `run --symbols ${symbols} --catch-up 30m`; // so that each has traded

// In the page, before its own scripts: the frame in which the table has its rows, and prices in those in view.
function watchTable(rows) {
  const look = () => {
    const price = document.querySelector(`[aria-rowcount="${rows + 1}"] tr[data-symbol] td.last`);
    if (!/\d/.test(price?.textContent ?? "")) return;
    observer.disconnect();
    requestAnimationFrame(() => { globalThis.tableAt = performance.now(); });
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}

async function load(browser, url) {
  const context = await browser.newContext({ viewport: config.use.viewport });
  const page = await context.newPage();
  await page.addInitScript(watchTable, symbols);
  await page.goto(url);
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  await page.waitForFunction(() => globalThis.tableAt && performance.getEntriesByName("first-contentful-paint").length > 0);
  const times = { first_paint_ms: await page.evaluate(painted), table_ms: await page.evaluate(() => globalThis.tableAt) };
  await context.close();
  return times;
}

const server = await RealServer.start();
const browser = await chromium.launch(config.use.launchOptions);
try {
  await server.until(`${symbols} symbols`, async () => (await server.json("symbols")).symbols.length === symbols);
  const loads = [];
  for (let round = 0; round < rounds; round++) loads.push(await load(browser, server.url));
  console.log(JSON.stringify({ browser: browser.version(), loads }));
} finally {
  await browser.close();
  await server.close();
}
