// The chart as a table, and in words: for those who do not look at pictures.
import type { KnownBar } from "../state/bars.ts";
import { count, exact, percent, price } from "../format/numbers.ts";
import { dateTime, zoneLabel, type Zone } from "../format/times.ts";
import { toNumber } from "../api/decimal.ts";

interface Properties {
  symbol: string;
  interval: string;
  bars: KnownBar[];
  decimals: number;
  zone: Zone;
}

const kRowsMax = 500;

export function BarTable({ symbol, interval, bars, decimals, zone }: Properties) {
  const shown = bars.slice(-kRowsMax).reverse();
  return (
    <div class="bar-table" tabIndex={0} role="region" aria-label="Bars as a table">
      <table>
        <caption>{symbol} {interval}, the {count(shown.length)} bars in view, newest first</caption>
        <thead><tr>{["Window", "Open", "High", "Low", "Close", "Volume", "VWAP", "Trades", "Change", "State", "Revision", "Quality"].map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {shown.map(({ start, bar }) => (
            <tr key={start} data-start={bar.window_start}>
              <th scope="row">{dateTime(start, zone)} {zoneLabel(start, zone)}</th>
              {[bar.open, bar.high, bar.low, bar.close].map((value, i) => <td key={i}>{price(value, decimals)}</td>)}
              <td>{exact(bar.volume)}</td><td>{exact(bar.vwap)}</td><td>{count(bar.trade_count)}</td><td>{percent(bar.pct_change)}</td>
              <td class="word">{bar.state}</td><td>{bar.revision}</td><td class="word">{bar.quality}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function summary({ symbol, interval, bars, decimals, zone }: Properties): string {
  const [first, last] = [bars[0], bars.at(-1)];
  if (!first || !last) return `${symbol} ${interval}: no bars in view.`;
  const highest = bars.reduce((a, b) => (toNumber(b.bar.high) > toNumber(a.bar.high) ? b : a));
  const lowest = bars.reduce((a, b) => (toNumber(b.bar.low) < toNumber(a.bar.low) ? b : a));
  const counted = (what: string, n: number) => (n > 0 ? `, ${count(n)} ${what}` : "");
  return `${symbol} ${interval}: ${count(bars.length)} bars from ${dateTime(first.start, zone)} to ${dateTime(last.end, zone)} ${zoneLabel(last.end, zone)}. ` +
    `Opened at ${price(first.bar.open, decimals)}, highest ${price(highest.bar.high, decimals)}, lowest ${price(lowest.bar.low, decimals)}, last ${price(last.bar.close, decimals)}` +
    counted("revised", bars.filter((b) => b.bar.state === "revised").length) + counted("with missing events", bars.filter((b) => b.bar.quality.includes("gap")).length) +
    `. The last bar is ${last.bar.state === "provisional" ? "still forming" : last.bar.state}.`;
}
