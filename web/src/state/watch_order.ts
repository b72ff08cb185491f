// Which symbols the watch list shows, and in which order: starred ones first, then as sorted; ties by name.
import { toNumber } from "../api/decimal.ts";
import type { Preferences, Sort } from "./preferences.ts";
import type { ShownRow } from "./watch.ts";

export function sortValue(row: ShownRow, by: Sort["by"]): number | string {
  const { data } = row;
  switch (by) {
    case "symbol": return data.symbol;
    case "last": return toNumber(data.last);
    case "change": return toNumber(data.change);
    case "change_pct": case "spark": return toNumber(data.change_pct);
    case "range": return dayPosition(row) ?? Number.NaN;
    case "volume": return toNumber(data.volume);
    case "trades": return data.trades ?? Number.NaN;
    case "vwap": return toNumber(data.vwap);
    case "age": return -row.updatedAt;
    case "health": return data.health;
  }
}

// Where the last price stands between the day's low (0) and high (1).
export function dayPosition({ data }: ShownRow): number | null {
  const [low, high, last] = [toNumber(data.day_low), toNumber(data.day_high), toNumber(data.last)];
  if (!Number.isFinite(low + high + last)) return null;
  return high === low ? 0.5 : Math.min(1, Math.max(0, (last - low) / (high - low)));
}

export function ordered(symbols: string[], rowOf: (symbol: string) => ShownRow | undefined, filter: string, like: Preferences): string[] {
  const wanted = filter.trim().toUpperCase();
  const starred = new Set(like.starred);
  const shown = symbols.filter((s) => s.toUpperCase().includes(wanted) && (!like.starredOnly || starred.has(s)));
  const keys = new Map(shown.map((s) => [s, keyOf(rowOf(s), like.sort)]));
  return shown.sort((a, b) => Number(starred.has(b)) - Number(starred.has(a)) || compare(keys.get(a)!, keys.get(b)!, like.sort) || (a < b ? -1 : 1));
}

function keyOf(row: ShownRow | undefined, sort: Sort): number | string {
  return row ? sortValue(row, sort.by) : Number.NaN;
}

// What is unknown comes last, whichever way.
function compare(a: number | string, b: number | string, { descending }: Sort): number {
  const [unknownA, unknownB] = [Number.isNaN(a), Number.isNaN(b)];
  if (unknownA || unknownB) return Number(unknownA) - Number(unknownB);
  const order = a < b ? -1 : a > b ? 1 : 0;
  return descending ? -order : order;
}

export interface Slice {
  first: number;
  end: number;
}

// Which rows a scrolled list needs, with some above and below for the next frame.
export function visibleSlice(scrolled: number, height: number, rowHeight: number, rows: number, spare = 6): Slice {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - spare);
  const end = Math.min(rows, Math.ceil((scrolled + height) / rowHeight) + spare);
  return { first: Math.min(first, Math.max(0, end)), end };
}
