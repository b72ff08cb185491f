// Events received and rows applied, second by second, over the last ten minutes that this page has seen.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { palette, withAlpha, type Palette } from "../charts/palette.ts";
import { count, rate, tickRate } from "../format/numbers.ts";
import { clockTime, hourMinute, type Zone } from "../format/times.ts";
import { now, second } from "../state/clock.ts";
import { longRates, status } from "../state/live.ts";
import { shownSpan } from "../state/rates.ts";
import { route } from "../state/route.ts";
import "uplot/dist/uPlot.min.css";

const kHeight = 150;

export function RatePlot() {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const colours = palette.value;
  const zone = route.value.zone;
  useEffect(() => {
    const element = host.current!;
    plot.current = new uPlot(options(colours, zone, element.clientWidth), data(), element);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: kHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, [colours, zone]);
  const heard = status.value;
  const beat = heard ?? second.value; // the empty axis moves on too
  useEffect(() => plot.current?.setData(data()), [beat]);
  const perSecond = longRates.received.rate();
  return (
    <section class="panel" id="rates" aria-label="Rates">
      <header><h2>Rates</h2><span class="key received">received</span><span class="key rejected">rejected</span><span class="muted">per second, last ten minutes</span></header>
      <div class="plot" ref={host} role="img" aria-label={`events received: ${rate(perSecond)} now, ${count(heard?.total.received)} in all`} />
    </section>
  );
}

function data(): uPlot.AlignedData {
  const received = longRates.received.history();
  const rejected = longRates.rejected.history();
  return [received.times, received.perSecond, rejected.perSecond.slice(0, received.times.length)];
}

const kSteps = [1, 2, 5].flatMap((step) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((ten) => step * ten)).sort((a, b) => a - b);

function options(colours: Palette, zone: Zone, width: number): uPlot.Options {
  const grid = { stroke: withAlpha(colours.line, 0.55), width: 1 };
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: colours.muted, grid, ticks: { ...grid, size: 4 }, font };
  return {
    width, height: kHeight, padding: [8, 28, 0, 0], legend: { show: false }, cursor: { y: false, points: { size: 5 } },
    scales: {
      x: { range: (plot) => shownSpan(plot.data[0], now() / 1000) }, // uPlot itself shows a day around one point
      y: { range: (_plot, _low, high) => [0, Math.max(1, (high ?? 0) * 1.15)] },
    },
    axes: [
      { ...axis, size: 28, values: (_plot, ticks, _axis, _space, step) => ticks.map((s) => (step < 60 ? clockTime(s * 1000, zone) : hourMinute(s * 1000, zone))), space: 90 },
      { ...axis, size: 56, incrs: kSteps, values: (_plot, ticks) => ticks.map(tickRate), space: 32 },
    ],
    series: [
      {},
      { label: "received", stroke: colours.accent, width: 1.5, fill: withAlpha(colours.accent, 0.12), points: { show: false } },
      { label: "rejected", stroke: colours.warning, width: 1.5, dash: [4, 3], points: { show: false } },
    ],
  };
}
