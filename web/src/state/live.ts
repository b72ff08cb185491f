// Everything that the page knows of the running process, and the one connection it comes through.
import { computed, effect, signal } from "@preact/signals";
import { toNumber } from "../api/decimal.ts";
import { Stream, type Phase } from "../api/stream.ts";
import type { ApiError, Bar, BarKey, Notice, ServerMessage, Status, WatchRow } from "../api/types.ts";
import { parseTime } from "../format/times.ts";
import { BarBook } from "./bars.ts";
import { hearTime, now } from "./clock.ts";
import { draw } from "./frame.ts";
import { Latency } from "./latency.ts";
import { RateTrack } from "./rates.ts";
import { Watch } from "./watch.ts";

export const watch = new Watch();
export const status = signal<Status | null>(null);
export const notices = signal<Notice[] | null>(null);
export const latencyP99 = signal<number | null>(null);
export const paused = signal<number | null>(null); // since when, server's clock
export const connection = signal<{ phase: Phase; retryAt: number | null; error: ApiError | null }>({
  phase: "connecting", retryAt: null, error: null,
});
export const lastMessageAt = signal(0); // of what is drawn, server's clock; 0: nothing yet
export const generation = signal(0); // counts connections that brought a hello
export const complaint = signal<ApiError | null>(null);

export const rates = {
  received: new RateTrack(), used: new RateTrack(), tape: new RateTrack(),
  results: new RateTrack(), sinks: new RateTrack(), live: new RateTrack(),
};

const kLongMs = 600_000;
export const longRates = { received: new RateTrack(kLongMs), rejected: new RateTrack(kLongMs) };

const kNoticesMax = 500;
const kBarListsMax = 16;
const latency = new Latency();
const books = new Map<string, { book: BarBook; users: number }>();
let undrawn: WatchRow[] = [];
let newStatus: Status | null = null;
let newNotices: Notice[] | null = null;
let rowsHeard = 0;

export const intervals = computed(() => status.value?.intervals ?? []);
export const shownSymbols = computed(() => watch.symbols.value ?? []);

function show(): void {
  if (paused.value !== null) return;
  watch.show();
  for (const { book } of books.values()) book.show();
  if (newStatus) status.value = newStatus;
  if (newNotices) notices.value = newNotices;
  newStatus = newNotices = null;
  lastMessageAt.value = now();
  measure();
}

// Event times say something about now only where events are of now.
function measure(): void {
  const kind = status.value?.source_label.kind;
  if ((kind === "simulated" || kind === "live") && status.value?.catching_up === null && document.visibilityState === "visible") {
    const drawnAt = now();
    for (const row of undrawn) latency.add(drawnAt - parseTime(row.last_time));
  } else {
    latency.clear();
  }
  undrawn = [];
}

const kUndrawnMax = 5_000;

function takeWatch(rows: WatchRow[], full: boolean): void {
  const moved = watch.take(rows, full);
  rowsHeard += moved.length;
  // A tab that was hidden draws late what came long ago: that is not how long an event takes.
  if (document.visibilityState !== "visible" || paused.value !== null) undrawn = [];
  else if (!full && undrawn.length < kUndrawnMax) undrawn.push(...moved);
}

// These two are doubles on the server: with all their digits they arrive as text (api/json.ts).
function withNumbers(status: Status): Status {
  const { events_per_second, catching_up } = status;
  return { ...status, events_per_second: toNumber(events_per_second), catching_up: catching_up === null ? null : toNumber(catching_up) };
}

function takeStatus(next: Status): void {
  newStatus = withNumbers(next);
  const at = parseTime(next.now);
  rates.received.add(at, next.total.received);
  longRates.received.add(at, next.total.received);
  longRates.rejected.add(at, next.total.rejected);
  rates.used.add(at, next.total.received - next.total.rejected);
  rates.tape.add(at, next.total.received + next.partitions.reduce((sum, p) => sum + p.waiting, 0));
  const rows = resultRows(next);
  if (rows !== null) rates.results.add(at, rows);
  rates.sinks.add(at, next.sinks.reduce((sum, s) => sum + s.position, 0));
  rates.live.add(at, rowsHeard);
  latencyP99.value = latency.percentile(0.99);
}

// Rows of the result topics, as far as a sink reads them: where it stands and what lies before it; null if none does.
export function resultRows(of: Status, topic?: string): number | null {
  const ends = new Map<string, number>();
  for (const sink of of.sinks) {
    if (topic ? sink.topic !== topic : sink.topic === "events" || sink.topic === "rejects") continue;
    const key = `${sink.topic}/${sink.partition}`;
    ends.set(key, Math.max(ends.get(key) ?? 0, sink.position + sink.lag));
  }
  return ends.size === 0 ? null : [...ends.values()].reduce((sum, end) => sum + end, 0);
}

function takeNotices(fresh: Notice[], full: boolean): void {
  const before = full ? [] : (newNotices ?? notices.peek() ?? []);
  const seen = new Set(before.map((notice) => notice.id));
  newNotices = [...fresh.filter((notice) => !seen.has(notice.id)), ...before].slice(0, kNoticesMax);
}

function takeBars(key: BarKey, bars: Bar[], full: boolean): void {
  const book = books.get(bookName(key))?.book;
  if (full) book?.takeLatest(bars);
  else book?.take(bars);
}

function hear(message: ServerMessage): void {
  switch (message.type) {
    case "hello":
      hearTime(parseTime(message.now));
      generation.value++;
      // Another connection: there may be a hole. The first one: each book has loaded by itself, or could not yet.
      for (const { book } of books.values()) if (generation.peek() > 1 || book.failure.peek()) void book.loadLatest(changed);
      break;
    case "watch":
      hearTime(parseTime(message.now));
      takeWatch(message.rows, message.full);
      break;
    case "bars": takeBars(message, message.bars, message.full); break;
    case "status":
      hearTime(parseTime(message.status.now));
      takeStatus(message.status);
      break;
    case "notices": takeNotices(message.notices, message.full); break;
    case "error": complaint.value = message.error; break;
    case "pong": break;
  }
  changed();
}

export function changed(): void {
  draw(show);
}

export const stream = new Stream({
  phase: (phase, retryAt, error) => { connection.value = { phase, retryAt, error }; },
  message: hear,
});

function bookName(key: BarKey): string {
  return `${key.symbol} ${key.interval}`;
}

let asked = false;

function subscribe(): void {
  if (asked) return;
  asked = true;
  queueMicrotask(() => {
    asked = false;
    const bars = [...books.values()].map(({ book }) => book.key).slice(0, kBarListsMax);
    stream.subscribe({ watch: true, bars, status: true, notices: true });
  });
}

// The bars of one symbol and interval, live while anyone uses them.
export function useBook(key: BarKey): { book: BarBook; release: () => void } {
  const name = bookName(key);
  let entry = books.get(name);
  if (!entry) {
    entry = { book: new BarBook(key), users: 0 };
    books.set(name, entry);
    subscribe();
    void entry.book.loadLatest(changed);
  }
  entry.users++;
  const { book } = entry;
  return { book, release: () => releaseBook(name) };
}

function releaseBook(name: string): void {
  const entry = books.get(name);
  if (!entry || --entry.users > 0) return;
  books.delete(name);
  subscribe();
}

export function togglePause(): void {
  paused.value = paused.value === null ? now() : null;
  if (paused.value === null) changed();
}

export function startLive(): void {
  subscribe();
  stream.start();
  document.addEventListener("visibilitychange", changed);
  effect(() => {
    const label = status.value?.source_label.kind === "simulated" ? " (simulated)" : "";
    document.title = `Tickerhouse${label}`;
  });
}
