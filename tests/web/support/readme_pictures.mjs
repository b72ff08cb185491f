// The two pictures of the README. usage: node readme_pictures.mjs FOLDER
//
// Of the program started here: the demo with a page full of symbols, its past as busy as its present, and some faults ten
// minutes before the picture, so that there is something to notice. Of one at an address: as it is. Else of the stand-in.
import { chromium } from "@playwright/test";
import { FakeServer } from "./fake_server.mjs";
import { kProgram, kUrl, RealServer } from "./real_server.mjs";

const kLiveSeconds = 20; // of the stand-in's market, so that bars form
const kFaults = { late: 0.04, duplicate: 0.04, malformed: 0, out_of_order: 0.05, gap: 0 };
const kNone = { late: 0, duplicate: 0, malformed: 0, out_of_order: 0, gap: 0 };
const kNoticesMin = 16;
const kLookedAtSeconds = 20; // of the program's page, so that its first frames are not all it has measured
const kCalmSeconds = 1200; // a gap is the health of a symbol for five minutes
const folder = process.argv[2];
const real = Boolean(kUrl || kProgram);
process.env.TICKERHOUSE_WEB_COMMAND ??= "run --symbols 24 --rate 24 --catch-up 24h";
const server = real ? await RealServer.start() : new FakeServer();
if (real) await settle();
else await server.listen();

// Caught up, the store too; and where the faults are ours, some of them noticed.
async function settle() {
  await server.until("caught up", async () => {
    const { catching_up, sinks } = await server.json("status");
    return catching_up === null && sinks.every(({ name, lag }) => name !== "duckdb" || lag < 100);
  });
  if (!server.restartable) return;
  await setFaults(kFaults);
  await server.until("something to notice", async () => {
    const { notices } = await server.json("notices?limit=100");
    return notices.length >= kNoticesMin && notices.some(({ kind }) => kind === "revised");
  });
  await setFaults(kNone);
  await server.until("calm", async () => (await server.json("latest")).rows.every(({ health }) => health === "ok"), kCalmSeconds);
}

async function setFaults(faults) {
  const answer = await fetch(`${server.url}api/v1/demo`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ faults }) });
  if (!answer.ok) throw new Error(`faults: ${answer.status} ${await answer.text()}`);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });

async function picture(name, theme, fragment, ready) {
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: theme });
  await page.goto(`${server.url}#${fragment}&zone=utc`);
  await page.waitForSelector(ready);
  if (!real) for (let i = 0; i < kLiveSeconds; i++) server.tick(1000);
  else await page.waitForTimeout(kLookedAtSeconds * 1000);
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
