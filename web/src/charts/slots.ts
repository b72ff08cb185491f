// From bars to places on the time axis. A window without trades gets an empty place, as long as there are few; closed hours,
// and every longer silence, get none, so that the axis is about trading.
import type { KnownBar } from "../state/bars.ts";
import { parseTime } from "../format/times.ts";

export interface Void {
  kind: "no_data" | "missing" | "no_trades" | "closed"; // missing: bars that lack events
  from: number; // s: the first empty place, or the bar after the silence
  to: number; // s: the last empty place, or the same
  silentMs: number; // from the last trade before to the first one after
}

export interface Slots {
  times: number[]; // s, of empty places
  voids: Void[];
}

const kEmptyPlacesMax = 30;

export function voidsOf(bars: readonly KnownBar[]): Slots {
  const out: Slots = { times: [], voids: [] };
  for (let i = 0; i < bars.length; i++) addVoid(out, bars[i - 1], bars[i]!);
  return out;
}

function addVoid(out: Slots, before: KnownBar | undefined, bar: KnownBar): void {
  const gap = bar.bar.quality.includes("gap");
  const start = bar.start / 1000;
  const length = bar.end - bar.start;
  const empty = before ? Math.round((bar.start - before.end) / length) : 0;
  if (empty === 0 && !gap) return;
  const silentMs = before ? parseTime(bar.bar.open_time) - parseTime(before.bar.close_time) : 0;
  if (empty > kEmptyPlacesMax) {
    out.voids.push({ kind: "closed", from: start, to: start, silentMs });
  } else if (empty > 0) {
    const first = before!.end / 1000;
    for (let place = 0; place < empty; place++) out.times.push(first + (place * length) / 1000);
    out.voids.push({ kind: gap ? "no_data" : "no_trades", from: first, to: start - length / 1000, silentMs });
  }
  if (gap && empty === 0) addMissing(out, start, start - length / 1000, silentMs);
}

// Neighbours are one stretch, with one word.
function addMissing(out: Slots, start: number, placeBefore: number, silentMs: number): void {
  const last = out.voids.at(-1);
  if (last?.kind === "missing" && last.to === placeBefore) last.to = start;
  else out.voids.push({ kind: "missing", from: start, to: start, silentMs });
}

// How many places the newest `rangeMs` take, empty ones included; all of them for null.
export function placesIn(bars: readonly KnownBar[], slots: Slots, rangeMs: number | null): number {
  const last = bars.at(-1);
  if (!last) return 0;
  if (rangeMs === null) return bars.length + slots.times.length;
  const since = last.end - rangeMs;
  const count = (times: Iterable<number>) => [...times].filter((time) => time >= since).length;
  return count(bars.map((bar) => bar.start)) + count(slots.times.map((time) => time * 1000));
}
