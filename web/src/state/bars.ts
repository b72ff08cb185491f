// The bars of one symbol and interval, ascending, as far as they are loaded: the latest from the stream, older ones page by
// page from the store.
import { signal } from "@preact/signals";
import { parseTime } from "../format/times.ts";
import { api } from "../api/rest.ts";
import type { Bar, BarKey } from "../api/types.ts";

export interface KnownBar {
  start: number; // ms
  end: number;
  bar: Bar;
  before?: Bar; // what this bar said before its revision, if the page saw it
}

// What became of the list: a last bar that changed or was added is cheap to draw, all else is not.
export type Change = { kind: "none" } | { kind: "updates"; bars: KnownBar[] } | { kind: "all" };

export class BarList {
  private bars: KnownBar[] = [];

  get all(): readonly KnownBar[] {
    return this.bars;
  }

  find(start: number): KnownBar | undefined {
    const at = this.lowerBound(start);
    return this.bars[at]?.start === start ? this.bars[at] : undefined;
  }

  merge(bars: Bar[]): Change {
    const updates: KnownBar[] = [];
    let inserted = false;
    for (const bar of bars) {
      const known = this.put(bar);
      if (known === null) continue;
      updates.push(known.bar);
      if (known.inside) inserted = true;
    }
    if (inserted || updates.length > 50) return { kind: "all" };
    return updates.length === 0 ? { kind: "none" } : { kind: "updates", bars: updates };
  }

  // Forgets open windows but those that start then; true if there was one.
  dropOpen(but: Set<number>): boolean {
    const kept = this.bars.filter(({ bar, start }) => bar.state !== "provisional" || but.has(start));
    const dropped = kept.length < this.bars.length;
    this.bars = kept;
    return dropped;
  }

  // null: the bar says nothing new. inside: it was put before others.
  private put(bar: Bar): { bar: KnownBar; inside: boolean } | null {
    const start = parseTime(bar.window_start);
    const at = this.lowerBound(start);
    const old = this.bars[at]?.start === start ? this.bars[at]! : null;
    if (old && isOlder(bar, old.bar)) return null;
    const known: KnownBar = { start, end: parseTime(bar.window_end), bar };
    if (old) {
      if (bar.state === "revised" && old.bar.state !== "provisional") {
        known.before = old.bar.revision < bar.revision ? old.bar : old.before;
      }
      this.bars[at] = known;
      return { bar: known, inside: false };
    }
    this.bars.splice(at, 0, known);
    return { bar: known, inside: at < this.bars.length - 1 };
  }

  private lowerBound(start: number): number {
    let [low, high] = [0, this.bars.length];
    if (high > 0 && this.bars[high - 1]!.start < start) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.bars[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const kRank = { provisional: 0, final: 1, revised: 2 };

// A page of the store that was on its way while the stream said something newer.
function isOlder(bar: Bar, than: Bar): boolean {
  if (kRank[bar.state] !== kRank[than.state]) return kRank[bar.state] < kRank[than.state];
  return bar.revision < than.revision;
}

const kPage = 500;

export class BarBook {
  readonly list = new BarList();
  readonly version = signal(0);
  readonly failure = signal<unknown>(null);
  readonly loaded = signal(false);
  readonly complete = signal(false); // the first bar there is has been loaded
  private loading: "latest" | "older" | null = null;
  private holeAfter: number | undefined; // what was known when a connection was lost, until a load has reached back to it
  private olderWanted = false; // asked for while the latest page was on its way
  private readonly listeners = new Set<(change: Change) => void>();
  private pending: Change = { kind: "none" };

  constructor(readonly key: BarKey) {}

  listen(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  take(bars: Bar[]): void {
    this.pending = joined(this.pending, this.list.merge(bars));
  }

  // The latest bars as they are now: an open window that is not among them came to nothing.
  takeLatest(bars: Bar[]): void {
    if (this.list.dropOpen(new Set(bars.map((bar) => parseTime(bar.window_start))))) this.pending = { kind: "all" };
    this.take(bars);
  }

  // Makes what has arrived visible; in a frame.
  show(): void {
    const change = this.pending;
    if (change.kind === "none") return;
    this.pending = { kind: "none" };
    for (const listener of this.listeners) listener(change);
    this.version.value++;
  }

  // The newest page; what is known stays. Also fills the hole that a lost connection left.
  loadLatest(changed: () => void): Promise<void> {
    return this.load(undefined, changed);
  }

  // The page before the first known bar; nothing if that is loading already, or there is none.
  loadOlder(changed: () => void): Promise<void> {
    const first = this.list.all[0];
    if (this.loading === "latest") this.olderWanted = true;
    if (this.loading || this.complete.value || !first) return Promise.resolve();
    return this.load(first.bar.window_start, changed);
  }

  private load(to: string | undefined, changed: () => void): Promise<void> {
    this.loading = to === undefined ? "latest" : "older";
    if (to === undefined) this.holeAfter ??= this.list.all.at(-1)?.start;
    return this.loadPages(to, this.holeAfter).then(() => {
      if (to === undefined) this.holeAfter = undefined;
      this.failure.value = null;
      this.loaded.value = true;
      changed();
    }).catch((reason: unknown) => { this.failure.value = reason; }).finally(() => {
      this.loading = null;
      if (!this.olderWanted) return;
      this.olderWanted = false;
      void this.loadOlder(changed);
    });
  }

  // One page; after a long absence as many as reach back to what was known.
  private async loadPages(to: string | undefined, known: number | undefined): Promise<void> {
    let page = await this.fetchPage(to);
    this.take(page.bars);
    if (page.next === null && (to !== undefined || known === undefined)) this.complete.value = true;
    if (to !== undefined || known === undefined) return;
    while (page.next !== null && parseTime(page.bars.at(-1)!.window_start) > known) {
      page = await this.fetchPage(page.bars.at(-1)!.window_start);
      this.take(page.bars);
    }
  }

  // A page may be shorter than asked for, even empty, and not be the last: `next` alone says so.
  private async fetchPage(to: string | undefined): Promise<{ bars: Bar[]; next: string | null }> {
    const query = { ...this.key, to, order: "desc" as const, limit: kPage };
    let page = await api.bars(query);
    while (page.bars.length === 0 && page.next !== null) page = await api.bars({ ...query, cursor: page.next });
    return page;
  }
}

function joined(a: Change, b: Change): Change {
  if (a.kind === "none") return b;
  if (b.kind === "none") return a;
  if (a.kind === "all" || b.kind === "all") return { kind: "all" };
  return { kind: "updates", bars: [...a.bars, ...b.bars] };
}
