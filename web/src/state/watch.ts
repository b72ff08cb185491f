// The watch list. What arrives is kept at once (`latest`); what is drawn follows once a frame, one signal for each row, so
// that a row that changed draws itself and no other.
import { signal, type Signal } from "@preact/signals";
import { parseTime } from "../format/times.ts";
import type { WatchRow } from "../api/types.ts";

export interface ShownRow {
  data: WatchRow;
  updatedAt: number; // ms
  usualMs: number; // between changes of late; what three times as long as this is stale
}

const kUsualFirstMs = 2_000;
const kWeight = 0.2;

export class Watch {
  readonly symbols = signal<string[] | null>(null); // in byte order; null: not loaded
  readonly version = signal(0); // of what is drawn
  private readonly latest = new Map<string, ShownRow>();
  private readonly drawn = new Map<string, Signal<ShownRow>>();
  private readonly changed = new Set<string>();
  private symbolsChanged = false;

  // Returns the rows whose last price is new.
  take(rows: WatchRow[], full: boolean): WatchRow[] {
    if (full) this.forgetAllBut(rows);
    const moved: WatchRow[] = [];
    for (const row of rows) {
      const before = this.latest.get(row.symbol);
      if (before && before.data.last_time !== row.last_time) moved.push(row);
      this.latest.set(row.symbol, merge(before, row));
      this.changed.add(row.symbol);
      if (!before) this.symbolsChanged = true;
    }
    if (full) this.symbolsChanged = true;
    return moved;
  }

  private forgetAllBut(rows: WatchRow[]): void {
    const known = new Set(rows.map((row) => row.symbol));
    for (const symbol of this.latest.keys()) if (!known.has(symbol)) this.latest.delete(symbol);
  }

  // Makes what has arrived visible; in a frame.
  show(): void {
    for (const symbol of this.changed) {
      const row = this.latest.get(symbol);
      if (!row) continue;
      const cell = this.drawn.get(symbol);
      if (cell) cell.value = row;
      else this.drawn.set(symbol, signal(row));
    }
    this.changed.clear();
    if (this.symbolsChanged) {
      this.symbolsChanged = false;
      for (const symbol of this.drawn.keys()) if (!this.latest.has(symbol)) this.drawn.delete(symbol);
      this.symbols.value = [...this.drawn.keys()].sort((a, b) => (a < b ? -1 : 1));
    }
    this.version.value++;
  }

  row(symbol: string): ShownRow | undefined {
    return this.drawn.get(symbol)?.value;
  }

  peek(symbol: string): ShownRow | undefined {
    return this.drawn.get(symbol)?.peek();
  }
}

// A row without a spark keeps the one it had.
function merge(before: ShownRow | undefined, row: WatchRow): ShownRow {
  const updatedAt = parseTime(row.updated_at);
  if (!before) return { data: row, updatedAt, usualMs: kUsualFirstMs };
  const between = updatedAt - before.updatedAt;
  const usualMs = between > 0 ? before.usualMs * (1 - kWeight) + between * kWeight : before.usualMs;
  return { data: { ...row, spark: row.spark ?? before.data.spark }, updatedAt, usualMs };
}

export type Freshness = "fresh" | "stale" | "closed";
const kStaleMinMs = 5_000; // a gap of a second in a busy symbol is no news

export function freshness(row: ShownRow, nowMs: number): Freshness {
  if (row.data.health === "finished") return "closed";
  return nowMs - row.updatedAt > Math.max(kStaleMinMs, 3 * row.usualMs) ? "stale" : "fresh";
}
