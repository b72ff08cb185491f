// What a line of the feed says beside its kind: short, in the page's zone, prices as the symbol trades.
import { difference } from "../api/decimal.ts";
import type { Bar, Notice } from "../api/types.ts";
import { exact, group, kMinus, price, short, trimmed } from "./numbers.ts";
import { date, durationMs, hourMinute, parseTime, type Zone } from "./times.ts";

const kDayMs = 86_400_000;
const kPrices = ["close", "high", "low", "open"] as const;

export function noticeWords(notice: Notice, zone: Zone, decimals: number): string {
  const { kind, symbol, interval, window_start, before, after } = notice;
  // Of one record, not of a bar; or several at once.
  if (!symbol || !interval || !window_start) {
    return notice.text.replace(/ came too late( for its bars)?$/, "").replace(/(?<=: a trade at )[\d.]+$/, (text) => price(text, decimals));
  }
  const start = parseTime(window_start);
  const bar = `${symbol} ${interval} ${durationMs(interval) < kDayMs ? hourMinute(start, zone) : date(start, "utc")}`;
  if (kind === "gap") return `${bar}: events are missing`;
  if (kind !== "revised" || !after) return notice.text;
  return `${bar}: ${before ? changeOf(before, after, decimals) : `close ${price(after.close, decimals)}`}`;
}

// The first that differs: "close 157.05 → 157.10".
function changeOf(before: Bar, after: Bar, decimals: number): string {
  const key = kPrices.find((one) => exact(before[one]) !== exact(after[one]));
  if (key) return `${key} ${price(before[key], decimals)} → ${price(after[key], decimals)}`;
  if (before.volume !== null && after.volume !== null && before.volume !== after.volume) {
    const more = group(trimmed(difference(after.volume, before.volume)));
    return `volume ${more.startsWith(kMinus) ? "" : "+"}${more} to ${short(after.volume)}`; // of 41.1 k → 41.1 k nobody learns anything
  }
  return `trades ${exact(before.trade_count)} → ${exact(after.trade_count)}`;
}
