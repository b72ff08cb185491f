import AxeBuilder from "@axe-core/playwright";
import { expect, kLost, open, row, test } from "../support/fixtures.mjs";

const kViews = {
  overview: "page=overview&zone=utc", charts: "page=charts&symbol=AAPL&interval=1m&range=1h&zone=utc", pipeline: "page=pipeline&zone=utc",
};

for (const theme of ["dark", "light"]) {
  for (const colours of ["blue", "classic"]) {
    for (const [name, fragment] of Object.entries(kViews)) {
      test(`axe finds nothing: ${name}, ${theme}, ${colours}`, async ({ page, server }) => {
        await page.addInitScript(([t, c]) => localStorage.setItem("tickerhouse", JSON.stringify({ theme: t, colours: c })), [theme, colours]);
        await open(page, server, fragment);
        server.tick(1000);
        if (name === "pipeline") {
          await page.getByRole("button", { name: "Break it …" }).click();
          await page.locator('[data-partition="bars/1"] button').click();
          await expect(page.locator(".messages li").first()).toBeVisible();
        }
        if (name === "charts") {
          await expect(page.locator(".chart-frame[data-loaded='true']")).toBeVisible();
          await page.keyboard.press("d");
        }
        const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`)).toEqual([]);
      });
    }
  }
}

test("the keyboard alone: list, chart, pages, search, help, back", async ({ page, server }) => {
  await open(page, server);
  await expect(row(page, "AAPL")).toHaveAttribute("aria-selected", "true"); // connected comes before the first rows
  await page.keyboard.press("ArrowDown");
  await expect(row(page, "AMZN")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("s");
  await expect(page.getByRole("button", { name: "Star BRK.B" })).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Charts: BRK.B 1m");
  await page.keyboard.press("/");
  await page.keyboard.type("tsl");
  await expect(page.getByRole("search").getByRole("option", { name: "TSLA" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Charts: TSLA 1m");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Charts: BRK.B 1m");
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await expect(page.locator("main")).toHaveAttribute("data-page", "pipeline");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page.locator("main")).toHaveAttribute("data-page", "overview");
});

test("a key that comes before the focus has left a closed dialog counts", async ({ page, server }) => {
  await open(page, server);
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await expect(page.locator("main")).toHaveAttribute("data-page", "pipeline");
  await page.evaluate(() => document.querySelector("dialog.help-dialog input").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true })));
  await expect(page.locator("main")).toHaveAttribute("data-page", "overview");
});

test("the theme goes round, and follows the system until told otherwise", async ({ page, server }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, server);
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  await expect.poll(theme).toBe("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(theme).toBe("dark");
  await page.keyboard.press("t");
  await page.keyboard.press("t");
  await expect.poll(theme).toBe("light");
  await page.reload();
  await expect.poll(theme).toBe("light");
});

test("every control that takes the focus shows it", async ({ page, server }) => {
  await open(page, server);
  const seen = new Set();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const { name, outline } = await page.evaluate(() => {
      const element = document.activeElement;
      return { name: `${element.tagName} ${element.textContent?.slice(0, 20)} ${element.getAttribute("aria-label")}`, outline: getComputedStyle(element).outlineStyle };
    });
    if (name.startsWith("BODY")) continue;
    expect(outline, name).not.toBe("none");
    seen.add(name);
  }
  expect(seen.size).toBeGreaterThan(20);
});

test("reduced motion: a change does not tint", async ({ page, server }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.addInitScript(() => {
    globalThis.animated = 0;
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (...all) { globalThis.animated++; return animate.apply(this, all); };
  });
  await open(page, server);
  const before = await row(page, "AAPL").locator("td.last").textContent();
  while ((await row(page, "AAPL").locator("td.last").textContent()) === before) server.tick(1000);
  expect(await page.evaluate(() => globalThis.animated)).toBe(0);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await expect.poll(() => { server.tick(1000); return page.evaluate(() => globalThis.animated); }).toBeGreaterThan(0);
});

// The heads of columns whose text does not fit.
function cutTexts(main) {
  return [...main.querySelectorAll("thead button")].filter((head) => head.offsetParent && head.scrollWidth > head.clientWidth).map((head) => head.textContent);
}

test.describe("at 375 pixels", () => {
  test.use({ viewport: { width: 375, height: 812 }, expected: kLost });
  for (const [name, fragment] of Object.entries(kViews)) {
    test(`${name} fits the width`, async ({ page, server }) => {
      await open(page, server, fragment);
      await expect(page.locator("main")).toHaveAttribute("data-page", name);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
      expect(await page.locator("main").evaluate((main) => main.scrollWidth)).toBe(375);
      expect(await page.locator("main").evaluate(cutTexts)).toEqual([]);
    });
  }
});
