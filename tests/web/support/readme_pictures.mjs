// The two pictures of the README. usage: node readme_pictures.mjs FOLDER
import { chromium } from "@playwright/test";
import { FakeServer } from "./fake_server.mjs";
import { kProgram, kUrl, RealServer } from "./real_server.mjs";

const kLiveSeconds = 20; // of the stand-in's market, so that bars form
const folder = process.argv[2];
const real = Boolean(kUrl || kProgram);
const server = real ? await RealServer.start() : new FakeServer();
if (!real) await server.listen();

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });

async function picture(name, theme, fragment, ready) {
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: theme });
  await page.goto(`${server.url}#${fragment}&zone=utc`);
  await page.waitForSelector(ready);
  if (!real) for (let i = 0; i < kLiveSeconds; i++) server.tick(1000);
  else await page.waitForFunction(() => /\d/.test(document.querySelector("[data-fact='event to screen, p99'] dd")?.textContent ?? "1"));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({ path: `${folder}/${name}.png` });
  await page.close();
}

await picture("overview-dark", "dark", "page=overview", "tr[data-symbol] canvas");
await picture("charts-light", "light", "page=charts&range=1h", ".chart-frame[data-loaded='true']");
await browser.close();
await server.close();
console.log(`${folder}/overview-dark.png\n${folder}/charts-light.png`);
process.exit(0);
