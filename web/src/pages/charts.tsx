// One symbol closely: candles, volume, history as far back as there is any.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { BarKey } from "../api/types.ts";
import { palette } from "../charts/palette.ts";
import type { PriceChart } from "../charts/price_chart.ts";
import { useChart } from "../charts/use_chart.ts";
import { BarTable, summary } from "../components/bar_table.tsx";
import { Failure } from "../components/bars.tsx";
import { Legend, qualities, revisionText } from "../components/chart_legend.tsx";
import { ChartToolbar } from "../components/chart_toolbar.tsx";
import { csvAddress, savePicture } from "../components/export.ts";
import { Empty, Skeleton } from "../components/states.tsx";
import { decimalsOf } from "../format/numbers.ts";
import { durationMs, parseTime } from "../format/times.ts";
import type { BarBook, KnownBar } from "../state/bars.ts";
import { bindKeys } from "../state/keys.ts";
import { changed, intervals, paused, shownSymbols, status, togglePause, watch } from "../state/live.ts";
import { preferences } from "../state/preferences.ts";
import { adjust, route, type Range } from "../state/route.ts";
import { useBars, useBarsOf } from "../state/use_book.ts";

const kWholeMax = 10_000; // bars that "all" loads by itself; further back by scrolling
const kNone: KnownBar[] = [];

function rangeMs(range: Range): number | null {
  return range === "all" ? null : durationMs(range);
}

// Intervals under a second have no place on the chart's axis.
function chartable(all: string[]): string[] {
  return all.filter((interval) => durationMs(interval) % 1000 === 0);
}

export function Charts() {
  const symbols = shownSymbols.value;
  const all = chartable(intervals.value);
  const symbol = route.value.symbol ?? symbols[0] ?? null;
  const asked = route.value.interval;
  const interval = asked && (all.length === 0 || all.includes(asked)) ? asked : (all[0] ?? null);
  if (!symbol || !interval || watch.symbols.value?.length === 0) return <NoChart loading={watch.symbols.value === null || status.value === null} />;
  return <SymbolChart symbol={symbol} interval={interval} all={all} />;
}

function NoChart({ loading }: { loading: boolean }) {
  return (
    <div class="charts"><h1 class="sr">Charts</h1>
      {loading ? <Skeleton lines={16} label="Chart" /> : <Empty why="There are no bars in this directory yet." command="tickerhouse replay trades.jsonl --data ./data --serve" />}</div>
  );
}

function useDecimals(symbol: string, book: BarBook | null): number {
  const row = watch.row(symbol);
  const bars = book?.version.value !== undefined ? book.list.all : [];
  return row?.data.decimals ?? decimalsOf(bars.slice(-20).map(({ bar }) => bar.close));
}

interface SymbolProperties extends BarKey {
  all: string[];
}

function SymbolChart({ symbol, interval, all }: SymbolProperties) {
  const book = useBars(symbol, interval);
  const decimals = useDecimals(symbol, book);
  const { zone, range, compare } = route.value;
  const hovered = useSignal<{ start: number; x: number; y: number } | null>(null);
  const edge = useSignal(true);
  const [table, setTable] = useState(false);
  const [comparing, setComparing] = useState(false);
  const section = useRef<HTMLDivElement>(null);
  const current = useRef(book);
  current.current = book;
  const { host, chart } = useChart(book, { compact: false, kind: preferences.value.chart, zone, decimals, palette: palette.value }, {
    hover: (bar, x, y) => { hovered.value = bar ? { start: bar.start, x, y } : null; },
    nearStart: () => { if (current.current?.loaded.peek()) void current.current.loadOlder(changed); }, // before, all there is is near
    atEdge: (at) => { edge.value = at; },
  });
  useRange(chart, book, range);
  useCompared(chart, book, compare.filter((one) => one !== symbol), interval);
  useChartKeys(chart, all, section, () => setComparing(true), () => setTable((on) => !on), edge);
  const picture = () => {
    if (chart.current) savePicture(chart.current.screenshot(), `${symbol} ${interval}`, palette.value, `${symbol.replace(/[^\w.-]/g, "_")}-${interval}.png`);
  };
  const goLive = () => {
    if (paused.value !== null) togglePause();
    chart.current?.goLive();
  };
  const bars = book && book.version.value >= 0 ? book.list.all : kNone;
  const view = { symbol, interval, decimals, zone, bars: chart.current?.visible() ?? [] };
  return (
    <div class="charts" ref={section}>
      <h1 class="sr">Charts: {symbol} {interval}</h1>
      <ChartToolbar symbol={symbol} interval={interval} all={all.length > 0 ? all : [interval]} csv={() => csvAddress(symbol, interval, range === "all", chart.current?.visible() ?? [])}
        picture={picture} comparing={comparing} setComparing={setComparing} table={table} setTable={setTable}
        range={(one) => { adjust({ range: one }); chart.current?.setRange(rangeMs(one)); }} />
      <div class={`chart-frame ${table ? "with-table" : ""}`} data-bars={bars.length} data-loaded={book?.loaded.value ?? false} data-first={bars[0]?.bar.window_start} data-last={bars.at(-1)?.bar.window_start}>
        <div class="chart-host" ref={host} role="img" aria-label={summary(view)} data-edge={edge.value} />
        <Overlay symbol={symbol} interval={interval} bars={bars} decimals={decimals} hovered={hovered.value} />
        {(!edge.value || paused.value !== null) && bars.length > 0 && <button type="button" class="go-live" onClick={goLive}>Go live →</button>}
        <States book={book} empty={bars.length === 0} symbol={symbol} interval={interval} />
      </div>
      {table && <BarTable {...view} />}
      <p class="attribution muted">Charts by <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">TradingView</a></p>
    </div>
  );
}

interface OverlayProperties extends BarKey {
  bars: readonly KnownBar[];
  decimals: number;
  hovered: { start: number; x: number; y: number } | null;
}

function Overlay({ symbol, interval, bars, decimals, hovered }: OverlayProperties) {
  const under = hovered ? bars.find((bar) => bar.start === hovered.start) : undefined;
  return (
    <>
      <Legend symbol={symbol} interval={interval} bar={under ?? bars.at(-1) ?? null} decimals={decimals} />
      {under?.bar.state === "revised" && hovered && (
        <div class="chart-tip" role="tooltip" style={{ left: `${hovered.x + 12}px`, top: `${Math.max(48, hovered.y - 40)}px` }}>
          <strong>Revision {under.bar.revision}</strong>
          {revisionText(under, decimals).map((text) => <span key={text}>{text}</span>)}
          <span class="muted">why: {qualities(under.bar.quality) || "unknown"}</span>
        </div>
      )}
    </>
  );
}

interface StatesProperties extends BarKey {
  book: BarBook | null;
  empty: boolean;
}

function States({ book, empty, symbol, interval }: StatesProperties) {
  if (book?.failure.value) {
    return <div class={empty ? "chart-state" : "chart-state corner"}><Failure what={`The bars of ${symbol} could not be loaded`} reason={book.failure.value} again={() => void book.loadLatest(changed)} /></div>;
  }
  if (!empty) return null;
  if (book?.loaded.value) return <div class="chart-state"><Empty why={`${symbol} has no ${interval} bar yet. The first one comes when its window closes.`} command={`tickerhouse tail bars --symbol ${symbol}`} /></div>;
  return <div class="chart-state"><Skeleton lines={12} label="Chart" /></div>;
}

type ChartRef = { current: PriceChart | null };

// Shows the range, or the window that the address names, and loads what they need.
function useRange(chart: ChartRef, book: BarBook | null, range: Range): void {
  const { at } = route.value;
  const centred = useRef<string | null>(null);
  const version = book?.version.value ?? 0;
  useEffect(() => { if (book) chart.current?.setRange(rangeMs(range)); }, [book, range]);
  useEffect(() => { centred.current = null; }, [book, at]);
  useEffect(() => {
    if (!book || !chart.current) return;
    const wanted = at && centred.current !== at ? parseTime(at) : null;
    if (wanted !== null && chart.current.centre(wanted)) centred.current = at;
    const first = book.list.all[0]?.start;
    const missing = wanted !== null && first !== undefined && wanted < first;
    if (missing || (!chart.current.coversRange() && book.list.all.length < kWholeMax)) void book.loadOlder(changed);
  }, [book, at, range, version]);
}

// Further symbols go back as far as the main one does.
function useCompared(chart: ChartRef, main: BarBook | null, compare: string[], interval: string): void {
  const books = useBarsOf(compare.map((symbol) => ({ symbol, interval })));
  const colours = palette.value;
  useEffect(() => chart.current?.setCompare(books), [books, colours]);
  const version = [...books.values()].reduce((sum, book) => sum + book.version.value, main?.version.value ?? 0);
  useEffect(() => {
    const first = main?.list.all[0]?.start ?? Infinity;
    for (const book of books.values()) if (book.loaded.peek() && (book.list.all[0]?.start ?? -Infinity) > first) void book.loadOlder(changed);
  }, [books, main, version]);
}

function useChartKeys(chart: ChartRef, all: string[], section: { current: HTMLElement | null }, compare: () => void, table: () => void, edge: { value: boolean }): void {
  const digits = useMemo(() => Object.fromEntries(all.slice(0, 6).map((interval, i) => [String(i + 1), () => adjust({ interval })])), [all.join()]);
  useLayoutEffect(() => bindKeys({
    ...digits, c: compare, d: table,
    ArrowLeft: () => chart.current?.pan(-10), ArrowRight: () => chart.current?.pan(10),
    "+": () => chart.current?.zoom(0.8), "=": () => chart.current?.zoom(0.8), "-": () => chart.current?.zoom(1.25), "−": () => chart.current?.zoom(1.25),
    " ": () => { if (edge.value || paused.value !== null) togglePause(); if (paused.value === null) chart.current?.goLive(); },
    f: () => void (document.fullscreenElement ? document.exitFullscreen() : section.current?.requestFullscreen()),
  }));
}
