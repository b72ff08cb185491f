// Candles or a line, volume below, further symbols in percent. Wraps lightweight-charts: the page says what to show, this
// says it to the library in the cheapest way. Times are whole seconds there.
import {
  CandlestickSeries, createChart, CrosshairMode, HistogramSeries, LineSeries, LineStyle, PriceScaleMode, TickMarkType,
  type CandlestickData, type HistogramData, type IChartApi, type ISeriesApi, type LineData, type Time, type UTCTimestamp,
  type WhitespaceData,
} from "lightweight-charts";
import { toNumber } from "../api/decimal.ts";
import { percent, price, tick } from "../format/numbers.ts";
import { clockTime, dayMonth, hourMinute, type Zone } from "../format/times.ts";
import type { BarBook, Change, KnownBar } from "../state/bars.ts";
import type { ChartKind } from "../state/preferences.ts";
import { Marks } from "./marks.ts";
import { withAlpha, type Palette } from "./palette.ts";
import { placesIn, voidsOf, type Slots } from "./slots.ts";

export interface ChartOptions {
  compact: boolean;
  kind: ChartKind;
  zone: Zone;
  decimals: number;
  palette: Palette;
}

export interface ChartEvents {
  hover?(bar: KnownBar | null, x: number, y: number): void;
  nearStart?(): void;
  atEdge?(edge: boolean): void;
}

type Main = ISeriesApi<"Candlestick"> | ISeriesApi<"Line">;

const kRightPlaces = 3;
const kPlacesBeforeHistory = 40;
const kLegendPx = { narrow: 92, wide: 56 }; // as style/charts.css lays it out
const kNarrowPx = 640;

export class PriceChart {
  private readonly chart: IChartApi;
  private readonly volume: ISeriesApi<"Histogram"> | null;
  private readonly marks: Marks;
  private main: Main;
  private compare = new Map<string, { series: ISeriesApi<"Line">; fill: () => void; stop: () => void }>();
  private book: BarBook | null = null;
  private readonly drawn = new Set<number>(); // starts of the bars that the chart has
  private newest = -Infinity; // of them
  private stopListening: () => void = () => {};
  private slots: Slots = { times: [], voids: [] };
  private resized: ResizeObserver | null = null;
  private closed = false;
  private range: number | null | undefined; // ms; null: all; undefined: the user's own

  constructor(host: HTMLElement, private options: ChartOptions, private readonly events: ChartEvents = {}) {
    this.chart = createChart(host, { autoSize: true, layout: { attributionLogo: false } }); // the logo brings a <style>, which the policy forbids
    this.main = this.addMain();
    this.marks = new Marks(options.palette);
    this.main.attachPrimitive(this.marks);
    this.volume = options.compact ? null : this.chart.addSeries(HistogramSeries, { priceFormat: { type: "custom", minMove: 1e-6, formatter: tick }, lastValueVisible: false, priceLineVisible: false }, 1);
    if (this.volume) {
      this.chart.panes()[0]!.setStretchFactor(3);
      this.chart.panes()[1]!.setStretchFactor(1);
    }
    this.restyle();
    this.listen(host);
  }

  private addMain(): Main {
    return this.options.kind === "candle" ? this.chart.addSeries(CandlestickSeries, {}, 0) : this.chart.addSeries(LineSeries, { lineWidth: 2 }, 0);
  }

  private listen(host: HTMLElement): void {
    // The same range in another width; after the library has taken the size.
    this.resized = new ResizeObserver(() => requestAnimationFrame(() => {
      this.makeRoom();
      this.applyRange();
    }));
    this.resized.observe(host);
    this.chart.subscribeCrosshairMove((at) => {
      const bar = at.time === undefined ? null : this.book?.list.find(Number(at.time) * 1000) ?? null;
      this.events.hover?.(bar, at.point?.x ?? 0, at.point?.y ?? 0);
    });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (!range) return;
      if (range.from < kPlacesBeforeHistory && this.firstIsDrawn()) this.events.nearStart?.();
      this.events.atEdge?.(this.chart.timeScale().scrollPosition() >= -1);
    });
    for (const kind of ["wheel", "pointerdown"] as const) {
      host.addEventListener(kind, () => { this.range = undefined; }, { passive: true });
    }
  }

  change(options: Partial<ChartOptions>): void {
    const kindChanged = options.kind !== undefined && options.kind !== this.options.kind;
    this.options = { ...this.options, ...options };
    if (kindChanged) {
      this.main.detachPrimitive(this.marks);
      this.chart.removeSeries(this.main);
      this.main = this.addMain();
      this.main.attachPrimitive(this.marks);
    }
    this.restyle();
    this.drawAll();
  }

  private restyle(): void {
    const { palette: p, compact, zone, decimals } = this.options;
    const lines = { color: withAlpha(p.line, 0.55) };
    this.chart.applyOptions({
      layout: {
        background: { color: p.background }, textColor: p.muted, fontSize: 11, attributionLogo: false,
        fontFamily: "system-ui, -apple-system, 'Segoe UI', sans-serif", panes: { separatorColor: p.line, separatorHoverColor: withAlpha(p.muted, 0.3) },
      },
      grid: { vertLines: lines, horzLines: lines },
      crosshair: { mode: CrosshairMode.Normal, vertLine: { color: p.muted, labelBackgroundColor: p.muted }, horzLine: { color: p.muted, labelBackgroundColor: p.muted } },
      rightPriceScale: { borderColor: p.line, scaleMargins: { top: compact ? 0.1 : 0.16, bottom: 0.1 }, entireTextOnly: true, minimumWidth: compact ? 64 : 72 },
      timeScale: { borderColor: p.line, timeVisible: true, secondsVisible: false, rightOffset: kRightPlaces, minBarSpacing: 0.2, tickMarkFormatter: tickFormatter(zone) },
      localization: { timeFormatter: (time: Time) => `${dayMonth(Number(time) * 1000, zone)} ${clockTime(Number(time) * 1000, zone)}`, locale: "en-GB", percentageFormatter: percent },
      ...(compact ? { handleScroll: false, handleScale: false } : {}),
    });
    const priceFormat = this.compare.size > 0
      ? { type: "percent" as const }
      : { type: "custom" as const, minMove: 10 ** -decimals, formatter: (value: number) => price(value.toFixed(decimals), decimals) };
    // Of this pane alone: volume stays volume.
    this.main.priceScale().applyOptions({ mode: this.compare.size > 0 ? PriceScaleMode.Percentage : PriceScaleMode.Normal });
    this.main.applyOptions({ priceFormat, priceLineStyle: LineStyle.Dotted, ...this.mainColours() });
    this.makeRoom();
  }

  // No candle lies under the legend, whatever the height; volume stands on its axis.
  private makeRoom(): void {
    if (this.closed || this.options.compact) return;
    const height = this.chart.panes()[0]!.getHeight();
    const legend = this.chart.timeScale().width() < kNarrowPx ? kLegendPx.narrow : kLegendPx.wide;
    if (height > 0) this.main.priceScale().applyOptions({ scaleMargins: { top: Math.min(0.4, Math.max(0.08, legend / height)), bottom: 0.06 } });
    this.volume?.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0 } });
  }

  private mainColours(): object {
    const { up, down, text } = this.options.palette;
    if (this.options.kind === "line") return { color: text };
    return { upColor: "rgba(0, 0, 0, 0)", borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down };
  }

  show(book: BarBook): void {
    this.stopListening();
    this.book = book;
    this.stopListening = book.listen((change) => this.draw(change));
    this.drawAll();
  }

  private draw(change: Change): void {
    if (change.kind === "all") return this.drawAll();
    if (change.kind === "none" || !this.book) return;
    const previous = this.slots.times.length;
    this.slots = voidsOf(this.book.list.all);
    if (this.slots.times.length !== previous) return this.drawAll();
    const changed = change.bars.filter(isWhole);
    // The chart takes a bar that is new to it only at its end.
    if (changed.some((bar) => !this.drawn.has(bar.start) && bar.start < this.newest)) return this.drawAll();
    for (const bar of changed) {
      const old = bar.start < this.newest;
      this.main.update(this.point(bar) as never, old);
      this.volume?.update(this.volumePoint(bar), old);
      this.note(bar);
    }
    this.drawMarks();
  }

  private firstStart(): number {
    return this.book?.list.all[0]?.start ?? -Infinity;
  }

  // False while older bars have come that the next frame draws: what is near the start now will not be then.
  private firstIsDrawn(): boolean {
    return this.drawn.has(this.firstStart());
  }

  private note(bar: KnownBar): void {
    this.drawn.add(bar.start);
    this.newest = Math.max(this.newest, bar.start);
  }

  private drawAll(): void {
    const bars = this.book?.list.all ?? [];
    this.slots = voidsOf(bars);
    const empty: WhitespaceData[] = this.slots.times.map((time) => ({ time: time as UTCTimestamp }));
    const whole = bars.filter(isWhole);
    this.main.setData(inOrder([...whole.map((bar) => this.point(bar)), ...empty]) as never);
    this.volume?.setData(inOrder([...whole.map((bar) => this.volumePoint(bar)), ...empty]) as never);
    this.drawn.clear();
    this.newest = -Infinity;
    for (const bar of whole) this.note(bar);
    for (const { fill } of this.compare.values()) fill();
    this.drawMarks();
    if (this.range !== undefined) this.applyRange();
  }

  private drawMarks(): void {
    const bars = this.book?.list.all ?? [];
    const last = bars.at(-1);
    this.colourLast(last);
    this.marks.set({
      voids: this.slots.voids, revised: bars.filter(({ bar }) => bar.state === "revised"),
      forming: last?.bar.state === "provisional" ? last : null, dashed: this.options.kind === "candle",
    }, this.options.palette);
  }

  // The label of the last price: the forming bar has no colour of its own to take.
  private colourLast(last: KnownBar | undefined): void {
    if (!last || this.options.kind === "line") return;
    const { up, down } = this.options.palette;
    const priceLineColor = toNumber(last.bar.close) >= toNumber(last.bar.open) ? up : down;
    if (this.main.options().priceLineColor !== priceLineColor) this.main.applyOptions({ priceLineColor });
  }

  private point(known: KnownBar): CandlestickData | LineData {
    const { bar } = known;
    const time = (known.start / 1000) as UTCTimestamp;
    const close = toNumber(bar.close);
    if (this.options.kind === "line") return { time, value: close };
    const candle = { time, open: toNumber(bar.open), high: toNumber(bar.high), low: toNumber(bar.low), close };
    // The forming bar is drawn by Marks, dashed.
    const nothing = "rgba(0, 0, 0, 0)";
    return bar.state === "provisional" ? { ...candle, color: nothing, borderColor: nothing, wickColor: nothing } : candle;
  }

  private volumePoint({ start, bar }: KnownBar): HistogramData | WhitespaceData {
    const time = (start / 1000) as UTCTimestamp;
    if (bar.volume === null) return { time };
    const { up, down } = this.options.palette;
    const colour = toNumber(bar.close) >= toNumber(bar.open) ? up : down;
    return { time, value: toNumber(bar.volume), color: withAlpha(colour, bar.state === "provisional" ? 0.25 : 0.55) };
  }

  // Further symbols: lines in percent, beside the main one in percent too.
  setCompare(books: Map<string, BarBook>): void {
    for (const [symbol, { series, stop }] of this.compare) {
      stop();
      this.chart.removeSeries(series);
      this.compare.delete(symbol);
    }
    const colours = this.options.palette.compare;
    for (const [symbol, book] of books) {
      const color = colours[this.compare.size % colours.length]!;
      const series = this.chart.addSeries(LineSeries, { color, lineWidth: 2, priceLineVisible: false, lastValueVisible: true, title: symbol, priceFormat: { type: "percent" } }, 0);
      // Not further back than the main one: places on the axis are counted from its first bar.
      const fill = () => series.setData(book.list.all.filter((bar) => isWhole(bar) && bar.start >= this.firstStart()).map(({ start, bar }) => ({ time: (start / 1000) as UTCTimestamp, value: toNumber(bar.close) })));
      fill();
      this.compare.set(symbol, { series, fill, stop: book.listen(fill) });
    }
    this.restyle();
  }

  // The newest part of that length; null: everything that is loaded. undefined when the user has moved since.
  setRange(rangeMs: number | null): void {
    this.range = rangeMs;
    this.applyRange();
  }

  private applyRange(): void {
    const bars = this.book?.list.all ?? [];
    if (bars.length === 0 || this.range === undefined || this.closed) return;
    const all = bars.length + this.slots.times.length;
    const places = Math.max(placesIn(bars, this.slots, this.range), 1);
    this.chart.timeScale().setVisibleLogicalRange({ from: all - places, to: all - 1 + kRightPlaces });
  }

  // Shows the bar that starts then, in the middle.
  centre(startMs: number): boolean {
    const bars = this.book?.list.all ?? [];
    if (!bars.some((bar) => bar.start === startMs)) return false;
    this.range = undefined;
    const span = bars.at(-1)!.end - bars.at(-1)!.start;
    this.chart.timeScale().setVisibleRange({ from: ((startMs - 30 * span) / 1000) as UTCTimestamp, to: ((startMs + 30 * span) / 1000) as UTCTimestamp });
    return true;
  }

  // The bars in view, first and last.
  visible(): KnownBar[] {
    const range = this.chart.timeScale().getVisibleRange();
    if (!range) return [];
    return (this.book?.list.all ?? []).filter(({ start }) => start / 1000 >= Number(range.from) && start / 1000 <= Number(range.to));
  }

  coversRange(): boolean {
    const bars = this.book?.list.all ?? [];
    if (this.range === undefined || bars.length === 0) return true;
    return this.range !== null && bars[0]!.start <= bars.at(-1)!.end - this.range;
  }

  pan(places: number): void {
    this.range = undefined;
    const axis = this.chart.timeScale();
    axis.scrollToPosition(axis.scrollPosition() + places, false);
  }

  zoom(factor: number): void {
    this.range = undefined;
    const axis = this.chart.timeScale();
    const range = axis.getVisibleLogicalRange();
    if (!range) return;
    axis.setVisibleLogicalRange({ from: range.to - (range.to - range.from) * factor, to: range.to });
  }

  goLive(): void {
    this.chart.timeScale().scrollToPosition(kRightPlaces, false);
  }

  screenshot(): HTMLCanvasElement {
    return this.chart.takeScreenshot(true, false);
  }

  close(): void {
    this.closed = true;
    this.resized?.disconnect();
    this.stopListening();
    for (const { stop } of this.compare.values()) stop();
    this.chart.remove();
  }
}

// The library's axis has whole seconds.
function isWhole({ start }: KnownBar): boolean {
  return start % 1000 === 0;
}

function inOrder<T extends { time: Time }>(points: T[]): T[] {
  return points.sort((a, b) => Number(a.time) - Number(b.time));
}

// Midnight in the zone says the day; the library marks midnight UTC, which elsewhere is a time like any other.
function tickFormatter(zone: Zone): (time: Time, kind: TickMarkType) => string {
  return (time, kind) => {
    const ms = Number(time) * 1000;
    const text = hourMinute(ms, zone);
    const day = kind === TickMarkType.Year || kind === TickMarkType.Month || kind === TickMarkType.DayOfMonth;
    return day && text === "00:00" ? dayMonth(ms, zone) : text;
  };
}
