// The Kafka section of the Pipeline page: brokers, topics, groups, and the messages as they lie there.
import AxeBuilder from "@axe-core/playwright";
import { kHostile, kLong as kLongValue } from "../support/cluster.mjs";
import { expect, kLost, open, test } from "../support/fixtures.mjs";
import { count } from "../../../web/src/format/numbers.ts";

const pipeline = (page, server, part = "") => open(page, server, `page=pipeline&zone=utc${part && `&part=${encodeURIComponent(part)}`}`);
const browser = (page) => page.locator(".cluster-messages");
const offsets = (page) => browser(page).locator("li").evaluateAll((all) => all.map((li) => Number(li.dataset.offset)));
// A mark of a transaction stands at every fifth offset (support/cluster.mjs).
const messages = (from, to) => Array.from({ length: to - from }, (_, i) => from + i).filter((i) => i % 5 !== 0 || i === 0);

test("an embedded tape has no Kafka section, and nobody asks for one", async ({ page, server }) => {
  await pipeline(page, server);
  await expect(page.locator("#sinks table")).toBeVisible();
  await expect(page.locator("#kafka")).toHaveCount(0);
  expect(server.requests.filter(({ path }) => path.startsWith("cluster"))).toEqual([]);
});

test.describe("on Kafka", () => {
  test.use({ serverOptions: { kafka: true } });

  test("the size of the tape is not known, and not 0", async ({ page, server }) => {
    await pipeline(page, server);
    const box = page.locator('[data-stage="tape"]');
    await expect(box).toContainText("Kafka");
    await expect(box).not.toContainText("0\u00a0B");
  });

  test("brokers, topics, groups and their lag", async ({ page, server }) => {
    await pipeline(page, server);
    const kafka = page.locator("#kafka");
    await expect(kafka.locator('[data-broker="1"]')).toContainText("kafka1.example.com:9092");
    await expect(kafka.locator('[data-broker="1"]')).toContainText("controller");
    await expect(kafka.locator('[data-broker="2"] td').last()).toHaveText("");
    const events = kafka.locator('[data-kafka="demo.events/1"]');
    await expect(events).toContainText(count(server.offsets.events[1]));
    await expect(kafka.locator('[data-kafka="demo.events/2"]')).toContainText("1, 1 behind");
    const silent = kafka.locator('[data-kafka="demo.events/3"]');
    await expect(silent).toContainText("none");
    await expect(silent.locator("td").nth(2)).toHaveText("—");
    const demo = kafka.locator('[data-group="demo"]');
    await expect(demo).toContainText("Stable, classic; 2 members; lag at least 153");
    await expect(demo.locator('[data-lag="demo.events/0"]')).toContainText("1 at 127.0.0.1");
    await expect(demo.locator('[data-lag="demo.events/0"] td').nth(2)).toHaveText("82");
    await expect(demo.locator('[data-lag="demo.events/2"] td').nth(2)).toHaveText("—");
    await expect(kafka.locator('[data-group="billing"]')).toContainText("no members; lag 5\u2009370");
    await expect(kafka).toContainText("3 more groups");
    server.offsets.events[1] += 7;
    await expect(events).toContainText(count(server.offsets.events[1])); // it follows by itself
  });

  test("no groups, and groups that may not be read", async ({ page, server }) => {
    server.cluster.groups = [];
    await pipeline(page, server);
    await expect(page.locator("#kafka .empty")).toContainText("No consumer group reads these topics");
    server.cluster.groupsError = "list of groups: not authorized";
    await expect(page.locator("#kafka")).toContainText("The groups could not be read: list of groups: not authorized");
    await expect(page.locator("#kafka .empty")).toHaveCount(0);
  });

  test("pages of messages: newest, older, newer, from an offset, from a time", async ({ page, server }) => {
    await pipeline(page, server);
    await page.getByRole("button", { name: "Browse the messages of demo.events, partition 1" }).click();
    const end = server.offsets.events[1];
    const all = messages(0, end);
    await expect.poll(() => offsets(page)).toEqual(all.slice(-20));
    await expect(browser(page).getByRole("button", { name: "Newer →" })).toBeDisabled();
    await browser(page).getByRole("button", { name: "← Older" }).click();
    await expect.poll(() => offsets(page)).toEqual(all.slice(-40, -20));
    await browser(page).getByRole("button", { name: "Newer →" }).click();
    await expect.poll(() => offsets(page)).toEqual(all.slice(-20));
    await browser(page).getByRole("button", { name: "First" }).click();
    await expect.poll(() => offsets(page)).toEqual(all.slice(0, 20));
    await expect(browser(page).getByRole("button", { name: "← Older" })).toBeDisabled();
    await browser(page).getByLabel("offset").fill("5000");
    await browser(page).getByLabel("offset").press("Enter");
    await expect.poll(() => offsets(page)).toEqual(messages(5000, 5030).slice(0, 20));
    // 14:03:22 is offset 60 000 of this market's clock, so 14:02:25 is 3 000: the first that is not older.
    await browser(page).getByLabel("time (UTC)").fill("2026-11-20T14:02:25");
    await browser(page).getByLabel("time (UTC)").press("Enter");
    await expect.poll(() => offsets(page)).toEqual(messages(3000, 3030).slice(0, 20));
    expect(server.requests.filter(({ url }) => url.includes("time=2026-11-20T14%3A02%3A25Z"))).toHaveLength(1);
    await browser(page).getByRole("button", { name: "Newest" }).click();
    await expect.poll(() => offsets(page)).toEqual(all.slice(-20));
    await browser(page).getByRole("combobox", { name: "topic" }).selectOption("demo.rejects");
    await expect(browser(page)).toHaveAttribute("data-place", "demo.rejects/0");
    await browser(page).getByRole("combobox", { name: "topic" }).selectOption("demo.events");
    await browser(page).getByRole("combobox", { name: "partition" }).selectOption("2");
    await expect(browser(page)).toHaveAttribute("data-place", "demo.events/2");
    expect(new URL(page.url()).hash).toContain("part=kafka%2Fdemo.events%2F2");
    await browser(page).getByRole("button", { name: "Close the messages" }).click();
    await expect(browser(page)).toHaveCount(0);
  });

  test("foreign bytes stay text", async ({ page, server }) => {
    await pipeline(page, server, "kafka/demo.events/0/1");
    const line = (offset) => browser(page).locator(`li[data-offset="${offset}"]`);
    await expect(line(1)).toHaveClass("wanted");
    await expect(line(1).locator(".value code")).toHaveText(kHostile);
    await expect(line(8).locator(".key-text")).toHaveText("<b>key</b>");
    await expect(line(9).locator(".header-text").nth(1)).toHaveText("<i>=null");
    await expect(browser(page).locator("img, script, b")).toHaveCount(0);
    expect(await page.evaluate(() => globalThis.broken)).toBeUndefined();
    await expect(line(3)).toContainText("no value: a tombstone");
    await expect(line(4)).toContainText("empty");
    await expect(line(7)).toContainText("no key");
    await expect(line(6).locator("time")).toHaveText("—");
    await expect(line(1).locator("time")).toHaveText("2026-11-20 14:02:22 UTC");
  });

  test("a long value is cut, and shown whole when asked for", async ({ page, server }) => {
    await pipeline(page, server, "kafka/demo.events/0/2");
    const value = browser(page).locator('li[data-offset="2"] .value');
    await expect(value.locator("code")).toHaveText(`${kLongValue.slice(0, 600)}…`);
    await value.getByRole("button", { name: "Show all 7.51\u00a0kB" }).click();
    await expect(value.locator("code")).toHaveText(kLongValue);
    expect(server.requests.filter(({ url }) => url.includes("whole=true"))).toHaveLength(1);
    await value.getByRole("button", { name: "Show less" }).click();
    await expect(value.locator("code")).toHaveText(`${kLongValue.slice(0, 600)}…`);
  });

  test("the keyboard alone: a partition, its messages, and out again", async ({ page, server }) => {
    await pipeline(page, server);
    await page.getByRole("button", { name: "Browse the messages of demo.events, partition 0" }).focus();
    await page.keyboard.press("Enter");
    await expect(browser(page)).toBeFocused();
    await expect(browser(page).locator("li").first()).toBeVisible();
    for (const name of ["topic", "partition"]) {
      await page.keyboard.press("Tab");
      await expect(browser(page).getByRole("combobox", { name })).toBeFocused();
    }
    await page.keyboard.press("Tab");
    await expect(browser(page).getByRole("button", { name: "First" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(browser(page).locator("li").first()).toHaveAttribute("data-offset", "0");
    await browser(page).getByRole("button", { name: "Close the messages" }).focus();
    await page.keyboard.press("Enter");
    await expect(browser(page)).toHaveCount(0);
  });

  for (const theme of ["dark", "light"]) {
    test(`axe finds nothing: ${theme}`, async ({ page, server }) => {
      await page.emulateMedia({ colorScheme: theme });
      await pipeline(page, server, "kafka/demo.events/0/1");
      await expect(browser(page).locator("li").first()).toBeVisible();
      await browser(page).locator('li[data-offset="2"]').getByRole("button").click();
      const { violations } = await new AxeBuilder({ page }).include("#kafka").withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`)).toEqual([]);
    });
  }

  test.describe("at 375 pixels", () => {
    test.use({ viewport: { width: 375, height: 812 } });
    test("it fits the width", async ({ page, server }) => {
      await pipeline(page, server, "kafka/demo.events/0/1");
      await expect(browser(page).locator("li").first()).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
      expect(await page.locator("main").evaluate((main) => main.scrollWidth)).toBe(375);
      expect(await browser(page).evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
    });
  });

  test.describe("silent brokers", () => {
    test.use({ expected: kLost });
    test("are said, and the rest of the page lives on", async ({ page, server }) => {
      await pipeline(page, server);
      await expect(page.locator('#kafka [data-broker="1"]')).toBeVisible();
      server.failing.set("cluster", [503, "no_broker", "no broker answers at kafka1.example.com:9092", "the pipeline waits for its brokers by itself; are they running?"]);
      const failure = page.locator("#kafka .failure");
      await expect(failure).toContainText("The brokers could not be asked: no broker answers at kafka1.example.com:9092");
      await expect(page.locator("#kafka header")).toContainText("ago");
      await expect(page.locator('#kafka [data-broker="1"]')).toBeVisible(); // as it was
      const before = await page.locator('#ledger [data-place="received"]').first().textContent();
      server.tick(1000);
      await expect(page.locator('#ledger [data-place="received"]').first()).not.toHaveText(before);
      server.failing.delete("cluster");
      await expect(failure).toHaveCount(0); // it asks again by itself
    });
  });
});
