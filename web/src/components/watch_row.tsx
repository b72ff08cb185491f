// One row of the watch list. It draws itself when its own data changes, and each second for its age.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { toNumber } from "../api/decimal.ts";
import { Sparkline } from "../charts/sparkline.tsx";
import { arrow, count, direction, exact, percent, price, short, signed } from "../format/numbers.ts";
import { age, dateTime } from "../format/times.ts";
import { now, second } from "../state/clock.ts";
import { watch } from "../state/live.ts";
import { preferences, toggleStar, type Column } from "../state/preferences.ts";
import { href, route } from "../state/route.ts";
import { dayPosition } from "../state/watch_order.ts";
import { freshness, type ShownRow } from "../state/watch.ts";

interface Properties {
  symbol: string;
  index: number;
  selected: boolean;
  select(symbol: string): void;
}

const kTintMs = 250;
const kTintEveryMs = 500;
const still = matchMedia("(prefers-reduced-motion: reduce)");

// Tints the cell when its value changes: 250 ms, at most twice a second, never under reduced motion.
function useTint(value: number) {
  const cell = useRef<HTMLTableCellElement>(null);
  const last = useRef({ value, at: 0 });
  useEffect(() => {
    const before = last.current;
    if (value === before.value || Number.isNaN(value)) return;
    const up = value > before.value;
    const at = performance.now();
    const due = at - before.at >= kTintEveryMs && !still.matches;
    last.current = { value, at: due ? at : before.at };
    if (due) cell.current?.animate([{ backgroundColor: `var(--tint-${up ? "up" : "down"})` }, { backgroundColor: "transparent" }], { duration: kTintMs });
  }, [value]);
  return cell;
}

export function WatchListRow({ symbol, index, selected, select }: Properties) {
  const row = watch.row(symbol);
  const tint = useTint(toNumber(row?.data.last));
  if (!row) return null;
  void second.value;
  const fresh = freshness(row, now());
  const starred = preferences.value.starred.includes(symbol);
  return (
    <tr class={`${fresh} ${selected ? "selected" : ""}`} aria-rowindex={index + 2} aria-selected={selected} data-symbol={symbol} onClick={() => select(symbol)}>
      <td class="star"><button type="button" aria-pressed={starred} aria-label={`Star ${symbol}`} tabIndex={-1} onClick={(event) => { event.stopPropagation(); toggleStar(symbol); }}>{starred ? "★" : "☆"}</button></td>
      <th scope="row" class="symbol"><a href={href({ page: "charts", symbol })} tabIndex={-1} title={symbol}>{symbol}</a></th>
      {preferences.value.columns.map((column) => (
        <Cell key={column} column={column} row={row} fresh={fresh} tint={column === "last" ? tint : undefined} />
      ))}
    </tr>
  );
}

interface CellProperties {
  column: Column;
  row: ShownRow;
  fresh: string;
  tint?: ReturnType<typeof useTint>;
}

function Cell({ column, row, fresh, tint }: CellProperties) {
  const { data } = row;
  const old = fresh === "stale" ? `no change for ${age(now() - row.updatedAt)}` : undefined;
  switch (column) {
    case "last": return <td class="last" ref={tint} title={old ?? (data.last === null ? "no price yet" : exact(data.last))}>{price(data.last, data.decimals)}</td>;
    case "change": return <td class={`change ${direction(data.change)}`} title={reference(row)}>{signed(data.change, data.decimals)}</td>;
    case "change_pct": return <td class={`change_pct ${direction(data.change_pct)}`} title={reference(row)}><span class="arrow" aria-hidden="true">{arrow(data.change_pct)}</span>{percent(data.change_pct)}</td>;
    case "range": return <td class="range"><DayRange row={row} /></td>;
    case "volume": return <td class="volume" title={data.volume === null ? "the size of a trade is unknown" : exact(data.volume)}>{short(data.volume)}</td>;
    case "trades": return <td class="trades">{count(data.trades)}</td>;
    case "vwap": return <td class="vwap" title={data.vwap === null ? "no volume, or an unknown one" : exact(data.vwap)}>{price(data.vwap, data.decimals)}</td>;
    case "spark": return <td class="spark"><RowSpark row={row} /></td>;
    case "age": return <td class="age" title={dateTime(row.updatedAt, route.value.zone)}>{fresh === "closed" ? "closed" : age(now() - row.updatedAt)}</td>;
    case "health": return <td class="health" title={kHealth[data.health]}><span class={`dot ${fresh === "closed" ? "idle" : data.health === "gap" ? "degraded" : "ok"}`} aria-hidden="true" /><span class="sr">{kHealth[data.health]}</span></td>;
  }
}

const kHealth = { ok: "well", gap: "events are missing in its last minutes", finished: "closed: its source has ended" };

function reference({ data }: ShownRow): string {
  if (data.change === null) return "nothing to compare with yet";
  return `${exact(data.change)} against the ${data.reference === "previous_close" ? "close of the day before" : "day's open"}`;
}

function DayRange({ row }: { row: ShownRow }) {
  const { data } = row;
  const at = dayPosition(row);
  if (at === null) return <span title="no trade today yet">—</span>;
  const text = `${price(data.day_low, data.decimals)} to ${price(data.day_high, data.decimals)}`;
  return (
    <svg class="day-range" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={`day ${text}`}>
      <title>{text}</title>
      <line x1="0" x2="100" y1="6" y2="6" /><line class="marker" x1={1 + at * 98} x2={1 + at * 98} y1="1" y2="11" />
    </svg>
  );
}

function RowSpark({ row }: { row: ShownRow }) {
  const values = useMemo(() => (row.data.spark ?? []).map(toNumber), [row.data.spark]);
  if (values.length < 2) return <span class="muted" title="too few closed windows">—</span>;
  const way = direction(values.at(-1)! - values[0]!);
  return <Sparkline values={values} width={88} height={20} colour={way === "flat" ? "muted" : way} />;
}
