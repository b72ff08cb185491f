import { expect, test } from "@playwright/test";
import { backoff } from "../../../web/src/api/stream.ts";
import { placesIn, voidsOf } from "../../../web/src/charts/slots.ts";
import { asHex, asText, beginning, fromBase64 } from "../../../web/src/format/bytes.ts";
import { noticeWords } from "../../../web/src/format/notices.ts";
import { age, clockTime, countdown, date, durationMs, hourMinute, parseTime, zoneLabel } from "../../../web/src/format/times.ts";
import { BarList } from "../../../web/src/state/bars.ts";
import { Latency } from "../../../web/src/state/latency.ts";
import { missing } from "../../../web/src/state/ledger.ts";
import { readPreferences } from "../../../web/src/state/preferences.ts";
import { RateTrack, shownSpan } from "../../../web/src/state/rates.ts";
import { formatRoute, parseRoute } from "../../../web/src/state/route.ts";
import { freshness, Watch } from "../../../web/src/state/watch.ts";
import { ordered, visibleSlice } from "../../../web/src/state/watch_order.ts";
import { Market } from "../support/market.mjs";

const kT = Date.parse("2026-11-20T14:03:22Z");

test("times: nine digits of a second, zones, ages", () => {
  expect(parseTime("2026-11-20T14:03:22.123456789Z")).toBe(kT + 123);
  expect(parseTime("2026-11-20T14:03:22Z")).toBe(kT);
  expect(parseTime(null)).toBeNaN();
  expect(clockTime(kT, "utc")).toBe("14:03:22");
  expect(clockTime(kT, "exchange")).toBe("09:03:22");
  expect(hourMinute(Date.parse("2026-11-20T00:00:00Z"), "utc")).toBe("00:00");
  expect(date(Date.parse("2026-11-20T03:00:00Z"), "exchange")).toBe("2026-11-19");
  expect([zoneLabel(kT, "utc"), zoneLabel(kT, "exchange"), zoneLabel(Date.parse("2026-07-01T12:00:00Z"), "exchange")]).toEqual(["UTC", "EST", "EDT"]);
  expect([400, 14_000, 180_000, 7_200_000, 5 * 86_400_000, Number.NaN].map(age)).toEqual(["0.4\u00a0s", "14\u00a0s", "3\u00a0min", "2\u00a0h", "5\u00a0d", "—"]);
  expect([6_400, 760_000, 3_723_000, -5].map(countdown)).toEqual(["0:07", "12:40", "1:02:03", "0:00"]);
  expect(["5m", "250ms", "1d", "x", "5"].map(durationMs)).toEqual([300_000, 250, 86_400_000, Number.NaN, Number.NaN]);
});

test("a notice is short, in the page's zone, with the symbol's decimals", () => {
  const bar = (values) => ({ open: 423, high: 424.3, low: 422.9, close: 424.15, volume: 12_000, trade_count: 24, ...values });
  const revised = (before, after) => ({ kind: "revised", symbol: "AAPL", interval: "1m", window_start: "2026-11-20T14:00:00Z", text: "AAPL 1m 14:00 revised: close 424.2", before, after });
  expect(noticeWords(revised(bar(), bar({ close: 424.2 })), "utc", 2)).toBe("AAPL 1m 14:00: close 424.15 → 424.20");
  expect(noticeWords(revised(bar(), bar({ high: "424.35" })), "exchange", 2)).toBe("AAPL 1m 09:00: high 424.30 → 424.35");
  expect(noticeWords(revised(bar(), bar({ volume: "12600.000000" })), "utc", 2)).toBe("AAPL 1m 14:00: volume +600 to 12.6\u00a0k");
  expect(noticeWords(revised(bar(), bar({ trade_count: 25 })), "utc", 2)).toBe("AAPL 1m 14:00: trades 24 → 25");
  expect(noticeWords(revised(null, bar()), "utc", 2)).toBe("AAPL 1m 14:00: close 424.15");
  expect(noticeWords({ ...revised(null, null), kind: "gap", interval: "1d" }, "exchange", 2)).toBe("AAPL 1d 2026-11-20: events are missing");
  const other = (text) => noticeWords({ kind: "late", symbol: "AMZN", interval: null, window_start: null, text }, "utc", 2);
  expect(other("AMZN 13:58:04: a trade at 230.1 came too late for its bars")).toBe("AMZN 13:58:04: a trade at 230.10");
  expect(other("3 more events came too late")).toBe("3 more events");
});

test("the address says what is shown, and says it again", () => {
  const route = { page: "charts", symbol: "BTC/USD", interval: "5m", range: "24h", zone: "exchange", compare: ["M&M.NS", "A"], at: "2026-11-20T14:00:00Z", part: null };
  expect(parseRoute(formatRoute(route))).toEqual(route);
  expect(parseRoute("#page=nonsense&interval=x&range=9h&zone=moon", "local")).toEqual({ page: "overview", symbol: null, interval: null, range: "1h", zone: "local", compare: [], at: null, part: null });
});

test("preferences of another version are taken as far as they make sense", () => {
  expect(readPreferences('{"theme":"neon","columns":["last","gone"],"starred":["A",5],"sort":{"by":"volume","descending":true}}')).toMatchObject({
    theme: "auto", columns: ["last"], starred: ["A"], sort: { by: "volume", descending: true }, zone: "utc",
  });
  for (const text of [null, "", "{", "[]", "null", "5"]) expect(readPreferences(text)).toEqual(readPreferences("{}"));
});

test("backoff grows to its end, with some chance", () => {
  expect([0, 1, 2, 3, 10].map((attempt) => backoff(attempt, 0.5))).toEqual([500, 1000, 2000, 4000, 15_000]);
  expect([backoff(0, 0), backoff(0, 1)]).toEqual([400, 600]);
});

test("the 99th percentile of the last samples", () => {
  const latency = new Latency();
  expect(latency.percentile(0.99)).toBeNull();
  for (let i = 1; i <= 100; i++) latency.add(i);
  expect([latency.percentile(0.99), latency.percentile(0.5), latency.percentile(1)]).toEqual([99, 50, 100]);
  for (let i = 0; i < 2000; i++) latency.add(7);
  expect(latency.percentile(1)).toBe(7);
});

test("the ledger's remainder", () => {
  const ledger = { received: 100, used: 90, duplicate: 4, late_revised: 3, late_kept: 2, rejected: 1, cancelled: 0 };
  expect(missing(ledger)).toBe(0);
  expect(missing({ ...ledger, received: 103 })).toBe(3);
  expect(missing({ ...ledger, rejected: 3 })).toBe(-2);
});

test("rates: over some seconds, a minute kept, a restart begins anew", () => {
  const track = new RateTrack();
  expect(track.rate()).toBeNull();
  for (let i = 0; i <= 120; i++) track.add(kT + i * 1000, i * 50);
  expect(track.rate()).toBe(50);
  expect(track.history().times.length).toBe(60);
  track.add(kT + 121_000, 10);
  expect([track.rate(), track.total]).toEqual([null, 10]);
});

test("the axis of the rates is a minute wide at least, with one point and with none", () => {
  expect(shownSpan([], 1000)).toEqual([940, 1000]);
  expect(shownSpan([990], 1000)).toEqual([930, 990]);
  expect(shownSpan([500, 900], 1000)).toEqual([500, 900]);
});

const watchRow = (symbol, over = {}) => ({ symbol, last: 10, last_time: "2026-11-20T14:03:22Z", change: 1, change_pct: 1, reference: "day_open", day_low: 9, day_high: 11, volume: 5, trades: 1, vwap: 10, spark: [1, 2], decimals: 2, updated_at: "2026-11-20T14:03:22Z", health: "ok", ...over });

test("the watch list: a change keeps the spark, a snapshot forgets what is gone", () => {
  const watch = new Watch();
  watch.take([watchRow("B"), watchRow("A")], true);
  watch.show();
  expect(watch.symbols.value).toEqual(["A", "B"]);
  const moved = watch.take([{ ...watchRow("A", { last: 12, last_time: "2026-11-20T14:03:23Z" }), spark: undefined }], false);
  expect(moved.map((row) => row.symbol)).toEqual(["A"]);
  expect(watch.peek("A").data.last).toBe(10); // not drawn yet
  watch.show();
  expect(watch.peek("A").data).toMatchObject({ last: 12, spark: [1, 2] });
  watch.take([watchRow("B")], true);
  watch.show();
  expect(watch.symbols.value).toEqual(["B"]);
});

test("stale is three times as long as usual; a finished source is closed", () => {
  const row = (health, usualMs) => ({ data: watchRow("A", { health }), updatedAt: kT, usualMs });
  expect(freshness(row("ok", 4000), kT + 11_000)).toBe("fresh");
  expect(freshness(row("ok", 4000), kT + 13_000)).toBe("stale");
  expect(freshness(row("ok", 100), kT + 4_000)).toBe("fresh");
  expect(freshness(row("finished", 100), kT + 1e9)).toBe("closed");
});

test("order: stars first, unknown last whichever way, ties by name", () => {
  const rows = { A: 5, B: null, C: 9, D: 5 };
  const rowOf = (symbol) => ({ data: watchRow(symbol, { last: rows[symbol] }), updatedAt: kT, usualMs: 1 });
  const like = { starred: ["D"], starredOnly: false, sort: { by: "last", descending: true } };
  expect(ordered(Object.keys(rows), rowOf, "", like)).toEqual(["D", "C", "A", "B"]);
  expect(ordered(Object.keys(rows), rowOf, "", { ...like, starred: [], sort: { by: "last", descending: false } })).toEqual(["A", "D", "C", "B"]);
  expect(ordered(Object.keys(rows), rowOf, "c", like)).toEqual(["C"]);
  expect(ordered(Object.keys(rows), rowOf, "", { ...like, starredOnly: true })).toEqual(["D"]);
});

test("only rows in view are drawn", () => {
  expect(visibleSlice(0, 800, 28, 500, 6)).toEqual({ first: 0, end: 35 });
  expect(visibleSlice(2800, 280, 28, 500, 6)).toEqual({ first: 94, end: 116 });
  expect(visibleSlice(1e6, 280, 28, 5, 6)).toEqual({ first: 5, end: 5 });
  expect(visibleSlice(0, 800, 28, 0)).toEqual({ first: 0, end: 0 });
});

const bar = (minute, over = {}) => {
  const at = Date.parse("2026-11-20T14:00:00Z") + minute * 60_000;
  const time = (ms) => new Date(ms).toISOString();
  return { window_start: time(at), window_end: time(at + 60_000), open: 1, high: 2, low: 1, close: 2, volume: 1, open_time: time(at + 1000), close_time: time(at + 59_000), state: "final", revision: 0, quality: "", ...over };
};

test("bars: in order whatever order they come in, the newer word wins, a revision remembers", () => {
  const list = new BarList();
  expect(list.merge([bar(1), bar(2), bar(3, { state: "provisional" })]).kind).toBe("updates");
  expect(list.merge([bar(0)]).kind).toBe("all");
  expect(list.merge([bar(3)]).kind).toBe("updates");
  expect(list.merge([bar(3, { state: "provisional", close: 99 })]).kind).toBe("none"); // late on its way
  list.merge([bar(1, { state: "revised", revision: 1, close: 3 })]);
  list.merge([bar(1, { state: "final", revision: 0 })]);
  expect(list.all.map(({ start }) => new Date(start).getUTCMinutes())).toEqual([0, 1, 2, 3]);
  expect(list.all.map(({ bar: one }) => one.state)).toEqual(["final", "revised", "final", "final"]);
  expect([list.all[1].bar.close, list.all[1].before.close]).toEqual([3, 2]);
});

test("an open window that came to nothing is taken back", () => {
  const list = new BarList();
  list.merge([bar(1), bar(2, { state: "provisional" })]);
  expect(list.dropOpen(new Set([bar(2).window_start].map(Date.parse)))).toBe(false);
  expect(list.dropOpen(new Set())).toBe(true);
  expect(list.all.map(({ bar: one }) => one.state)).toEqual(["final"]);
});

test("silences: missing data, no trades, closed hours", () => {
  const list = new BarList();
  list.merge([bar(0), bar(1, { quality: "gap" }), bar(4), bar(7, { quality: "gap|late" }), bar(100)]);
  const slots = voidsOf(list.all);
  expect(slots.voids.map(({ kind, silentMs }) => [kind, silentMs])).toEqual([["missing", 2000], ["no_trades", 122_000], ["no_data", 122_000], ["closed", 5_522_000]]);
  expect(slots.times.length).toBe(4);
  expect(placesIn(list.all, slots, null)).toBe(9);
  expect(placesIn(list.all, slots, 60_000)).toBe(1);
  expect(placesIn(list.all, slots, 96 * 60_000)).toBe(4); // 14:07 and 15:40, and 14:05 and 14:06, which are empty
  const missing = new BarList();
  missing.merge([0, 1, 2, 3, 4].map((i) => bar(i, { quality: i === 3 ? "" : "gap" })));
  expect(voidsOf(missing.all).voids.map(({ from, to }) => (to - from) / 60)).toEqual([2, 0]); // three neighbours, and one
});

test("bytes as text and hex", () => {
  const raw = fromBase64(Buffer.from("a\u0000\t{é}\u00ff".normalize(), "utf8").toString("base64"));
  expect(asText(raw)).toBe("a\\x00\\t{é}ÿ");
  expect(asText(Uint8Array.of(0xff, 65))).toBe("\ufffdA");
  expect(asHex(Uint8Array.from({ length: 18 }, (_, i) => 60 + i)).split("\n")).toEqual(["0000  3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK", `0010  4c 4d${" ".repeat(42)}  LM`]);
  expect(asHex(new Uint8Array(600), 512)).toContain("… 88 more bytes");
});

test("the fake market is the same on every run", () => {
  const make = () => new Market({ symbols: 3, now: kT, history: 30 });
  const [a, b] = [make(), make()];
  for (const market of [a, b]) market.advance(1000);
  expect(a.bars("AAPL", "1m")).toEqual(b.bars("AAPL", "1m"));
  expect(JSON.stringify(a.watchRow("AMZN", true))).toBe(JSON.stringify(b.watchRow("AMZN", true)));
});

test("the beginning of a text has no half character", () => {
  expect(beginning("abc", 3)).toBe("abc");
  expect(beginning("abcd", 3)).toBe("abc");
  expect(beginning("ab\u{1F600}c", 3)).toBe("ab");
  expect(beginning("ab\u{1F600}c", 4)).toBe("ab\u{1F600}");
});
