// What the chart library has no shape for: hatched gaps, the dashed outline of the forming bar, dots on revised bars, and the
// seam where closed hours were left out. Drawn by a primitive of the candle series, on the same canvas.
import type { IChartApi, ISeriesApi, ISeriesPrimitive, IPrimitivePaneView, SeriesAttachedParameter, Time, UTCTimestamp } from "lightweight-charts";
import { toNumber } from "../api/decimal.ts";
import { age } from "../format/times.ts";
import type { KnownBar } from "../state/bars.ts";
import { withAlpha, type Palette } from "./palette.ts";
import type { Void } from "./slots.ts";

export interface MarkData {
  voids: Void[];
  revised: KnownBar[];
  forming: KnownBar | null;
  dashed: boolean; // candles; a line has no outline
}

type Target = Parameters<NonNullable<ReturnType<IPrimitivePaneView["renderer"]>>["draw"]>[0];

interface Scope {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  ratio: number;
  spacing: number;
  x(time: number): number | null;
  y(price: number): number | null;
}

export class Marks implements ISeriesPrimitive<Time> {
  private chart: IChartApi | null = null;
  private series: ISeriesApi<"Candlestick" | "Line"> | null = null;
  private update: () => void = () => {};
  private data: MarkData = { voids: [], revised: [], forming: null, dashed: true };

  constructor(private colours: Palette) {}

  attached(to: SeriesAttachedParameter<Time>): void {
    this.chart = to.chart as IChartApi;
    this.series = to.series as ISeriesApi<"Candlestick" | "Line">;
    this.update = to.requestUpdate;
  }

  set(data: MarkData, colours: Palette): void {
    this.data = data;
    this.colours = colours;
    this.update();
  }

  paneViews(): IPrimitivePaneView[] {
    const behind = { draw: (target: Target) => this.paint(target, (scope) => this.drawVoids(scope)) };
    const above = { draw: (target: Target) => this.paint(target, (scope) => this.drawBars(scope)) };
    return [
      { zOrder: () => "bottom", renderer: () => behind },
      { zOrder: () => "top", renderer: () => above },
    ];
  }

  private paint(target: Target, work: (scope: Scope) => void): void {
    const { chart, series } = this;
    if (!chart || !series) return;
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: ratio }) => {
      const axis = chart.timeScale();
      const scaled = (value: number | null) => (value === null ? null : value * ratio);
      context.save();
      work({
        context, ratio, width: bitmapSize.width, height: bitmapSize.height, spacing: axis.options().barSpacing * ratio,
        x: (time) => scaled(axis.timeToCoordinate(time as UTCTimestamp)),
        y: (price) => scaled(series.priceToCoordinate(price)),
      });
      context.restore();
    });
  }

  private drawVoids(scope: Scope): void {
    for (const one of this.data.voids) {
      const [left, right] = [scope.x(one.from), scope.x(one.to)];
      if (left === null || right === null || right < -scope.spacing || left > scope.width + scope.spacing) continue;
      if (one.kind === "closed") this.drawSeam(scope, left - scope.spacing / 2);
      else this.drawBand(scope, one, left - scope.spacing / 2, right + scope.spacing / 2);
    }
  }

  private drawSeam({ context, height, ratio }: Scope, x: number): void {
    context.strokeStyle = this.colours.muted;
    context.lineWidth = ratio;
    context.setLineDash([2 * ratio, 4 * ratio]);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    context.setLineDash([]);
  }

  private drawBand(scope: Scope, one: Void, left: number, right: number): void {
    const { context, height, ratio } = scope;
    const gap = one.kind !== "no_trades";
    if (gap) this.hatch(scope, left, right);
    const label = { no_data: one.silentMs >= 1000 ? `no data ${age(one.silentMs)}` : "no data", missing: "events missing", no_trades: "no trades", closed: "" }[one.kind];
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    context.fillStyle = gap ? this.colours.warning : this.colours.muted;
    if (context.measureText(label).width + 8 * ratio <= right - left) {
      context.textAlign = "center";
      context.fillText(label, (left + right) / 2, height - 8 * ratio);
    } else if (right - left >= 14 * ratio && one.kind !== "missing") { // there, candles would lie on it
      this.writeUpwards(scope, label, (left + right) / 2);
    }
  }

  private writeUpwards({ context, height, ratio }: Scope, label: string, x: number): void {
    context.save();
    context.translate(x, height - 8 * ratio);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.textBaseline = "middle";
    const colour = context.fillStyle;
    context.fillStyle = this.colours.background;
    context.fillRect(-3 * ratio, -7 * ratio, context.measureText(label).width + 6 * ratio, 14 * ratio);
    context.fillStyle = colour;
    context.fillText(label, 0, 0);
    context.restore();
  }

  private hatch({ context, height, ratio }: Scope, left: number, right: number): void {
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    context.strokeStyle = withAlpha(this.colours.warning, 0.5);
    context.lineWidth = ratio;
    context.beginPath();
    for (let x = left - height; x < right; x += 7 * ratio) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    context.restore();
  }

  private drawBars(scope: Scope): void {
    for (const bar of this.data.revised) this.drawDot(scope, bar);
    if (this.data.forming && this.data.dashed) this.drawForming(scope, this.data.forming);
  }

  private drawDot({ context, x, y, ratio, width }: Scope, { start, bar }: KnownBar): void {
    const [left, top] = [x(start / 1000), y(toNumber(bar.high))];
    if (left === null || top === null || left < 0 || left > width) return;
    context.fillStyle = this.colours.warning;
    context.beginPath();
    context.arc(left, top - 7 * ratio, 3 * ratio, 0, 2 * Math.PI);
    context.fill();
  }

  private drawForming({ context, x, y, ratio, spacing }: Scope, { start, bar }: KnownBar): void {
    const centre = x(start / 1000);
    const [open, close, high, low] = [bar.open, bar.close, bar.high, bar.low].map((value) => y(toNumber(value)));
    if (centre === null || open == null || close == null || high == null || low == null) return;
    const up = toNumber(bar.close) >= toNumber(bar.open);
    const [top, bottom] = [Math.min(open, close), Math.max(open, close)];
    const width = candleWidth(spacing, ratio);
    context.strokeStyle = up ? this.colours.up : this.colours.down;
    context.lineWidth = ratio;
    context.setLineDash([3 * ratio, 2 * ratio]);
    context.strokeRect(centre - width / 2, top, width, Math.max(bottom - top, ratio));
    context.beginPath();
    context.moveTo(centre, high);
    context.lineTo(centre, top);
    context.moveTo(centre, bottom);
    context.lineTo(centre, low);
    context.stroke();
    if (!up) {
      context.fillStyle = withAlpha(this.colours.down, 0.35);
      context.fillRect(centre - width / 2, top, width, bottom - top);
    }
    context.setLineDash([]);
  }
}

// As the library sizes its own candles.
function candleWidth(spacing: number, ratio: number): number {
  const media = spacing / ratio;
  if (media >= 2.5 && media <= 4) return Math.floor(3 * ratio);
  const part = 1 - (0.2 * Math.atan(Math.max(4, media) - 4)) / (Math.PI * 0.5);
  return Math.max(ratio, Math.min(Math.floor(spacing * part), spacing));
}
