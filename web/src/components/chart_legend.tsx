// O H L C V VWAP, trades, change, state, revision: of the bar under the cursor, else of the last one.
import type { Decimal } from "../api/decimal.ts";
import type { Bar } from "../api/types.ts";
import { arrow, count, direction, exact, percent, price, short } from "../format/numbers.ts";
import { countdown, dateTime, zoneLabel } from "../format/times.ts";
import { now, second } from "../state/clock.ts";
import { route } from "../state/route.ts";
import type { KnownBar } from "../state/bars.ts";

interface Properties {
  symbol: string;
  interval: string;
  bar: KnownBar | null;
  decimals: number;
}

export function Legend({ symbol, interval, bar, decimals }: Properties) {
  if (!bar) return <div class="legend"><strong>{symbol}</strong> <span class="muted">{interval}</span></div>;
  const { bar: b, start } = bar;
  const zone = route.value.zone;
  const value = (name: string, text: string, title?: string) => <span class="value" title={title} data-value={name}><span class="muted">{name}</span> {text}</span>;
  return (
    <div class="legend" data-start={b.window_start} data-state={b.state}>
      <strong>{symbol}</strong> <span class="muted">{interval} · {dateTime(start, zone)} {zoneLabel(start, zone)}</span>
      <span class="values">
        {value("O", price(b.open, decimals))}{value("H", price(b.high, decimals))}{value("L", price(b.low, decimals))}{value("C", price(b.close, decimals))}
        {value("V", short(b.volume), b.volume === null ? "the size of a trade is unknown" : exact(b.volume))}
        {value("VWAP", price(b.vwap, decimals), b.vwap === null ? "no volume, or an unknown one" : exact(b.vwap))}
        {value("trades", count(b.trade_count))}
        <span class={`value ${direction(b.pct_change)}`} data-value="change">{arrow(b.pct_change)} {percent(b.pct_change)}</span>
        <BarState bar={bar} />
      </span>
    </div>
  );
}

function BarState({ bar }: { bar: KnownBar }) {
  const { state, revision, quality } = bar.bar;
  void second.value;
  return (
    <span class="value" data-value="state">
      {state === "provisional" && <span class="state forming">forming, closes in {countdown(bar.end - now())}</span>}
      {state === "final" && <span class="state">final</span>}
      {state === "revised" && <span class="state revised">● revised, revision {revision}</span>}
      {quality && <span class="muted"> {qualities(quality)}</span>}
    </span>
  );
}

const kQualities: Record<string, string> = {
  partial: "the source started or stopped inside it", gap: "events are missing", late: "late trades came", corrected: "a trade was corrected",
  overflow: "a sum passed 38 digits",
};

export function qualities(quality: string): string {
  return quality.split("|").map((one) => kQualities[one] ?? one).join(", ");
}

const kCompared: [keyof Bar, string][] = [["open", "open"], ["high", "high"], ["low", "low"], ["close", "close"], ["volume", "volume"], ["trade_count", "trades"]];

// "close 157.05 → 157.10", one for each value that the revision changed.
export function revisionText(bar: KnownBar, decimals: number): string[] {
  const { before, bar: after } = bar;
  if (!before) return ["what it was before is not loaded"];
  return kCompared.filter(([key]) => String(before[key]) !== String(after[key]))
    .map(([key, name]) => {
      const text = (one: Bar) => (key === "volume" || key === "trade_count" ? exact(one[key]) : price(one[key] as Decimal, decimals));
      return `${name} ${text(before)} → ${text(after)}`;
    });
}
