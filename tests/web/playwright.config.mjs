import { defineConfig } from "@playwright/test";

const build = new URL("../../build/web/", import.meta.url).pathname;

export default defineConfig({
  testDir: ".",
  outputDir: process.env.PLAYWRIGHT_OUTPUT ?? `${build}test-results`,
  workers: 2,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: process.env.PLAYWRIGHT_JSON ? [["json", { outputFile: process.env.PLAYWRIGHT_JSON }]] : "list",
  projects: [
    { name: "unit", testMatch: "unit/*.spec.mjs" },
    { name: "page", testMatch: "page/*.spec.mjs", testIgnore: "page/speed.spec.mjs" },
    { name: "speed", testMatch: "page/speed.spec.mjs", workers: 1 }, // times: on a quiet machine, when named
    { name: "real", testMatch: "real/*.spec.mjs", workers: 1 },
    { name: "screenshots", testMatch: "screenshots/*.spec.mjs" },
  ],
  use: {
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
