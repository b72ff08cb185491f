// What every page test has: a server of its own, and a page that may neither complain nor break the policy.
import { expect, test as base } from "@playwright/test";
import { FakeServer } from "./fake_server.mjs";

export { expect };

export const test = base.extend({
  serverOptions: [{}, { option: true }],
  // What the page may write to its console: a lost connection is an error to the browser, whatever the page makes of it.
  expected: [null, { option: true }], // a RegExp

  server: async ({ serverOptions }, use) => {
    const server = new FakeServer(serverOptions);
    await server.listen();
    await use(server);
    await server.close();
  },

  // Asks for the server, so that the page is done before the server goes.
  page: async ({ server, page, expected }, use) => {
    void server;
    const complaints = await watchPage(page);
    await use(page);
    const violations = await page.evaluate(() => globalThis.policyViolations ?? []).catch(() => []);
    expect(violations, "content security policy").toEqual([]);
    expect(complaints.filter((text) => !expected?.test(text)), "console").toEqual([]);
  },
});

async function watchPage(page) {
  const complaints = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    globalThis.policyViolations = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.policyViolations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return complaints;
}

export const kLost = /WebSocket connection to|Failed to load resource/;

// The page with everything loaded.
export async function open(page, server, fragment = "") {
  await page.goto(server.url + (fragment ? `#${fragment}` : ""));
  await expect(page.getByRole("status", { name: "connected" })).toBeVisible();
}

export async function openChart(page, server, fragment = "page=charts&symbol=AAPL&interval=1m&range=1h&zone=utc") {
  await open(page, server, fragment);
  await expect(page.locator(".chart-frame[data-loaded='true']")).toBeVisible();
}

export const row = (page, symbol) => page.locator(`tr[data-symbol="${symbol}"]`);
