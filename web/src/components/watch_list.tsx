// The watch list: a table that draws only the rows in view, whatever their number.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { count } from "../format/numbers.ts";
import { bindKeys } from "../state/keys.ts";
import { watch } from "../state/live.ts";
import { kColumns, preferences, prefer, toggleStar, type Column, type Sort } from "../state/preferences.ts";
import { adjust, go } from "../state/route.ts";
import { ordered, visibleSlice } from "../state/watch_order.ts";
import { second } from "../state/clock.ts";
import { Empty, Skeleton } from "./states.tsx";
import { WatchListRow } from "./watch_row.tsx";

export const kColumnNames: Record<Column | "symbol", [string, string]> = {
  symbol: ["Symbol", "symbol"], last: ["Last", "last price"], change: ["Change", "change of the day"], change_pct: ["Change %", "change of the day in percent"],
  range: ["Day range", "between the day's low and high"], volume: ["Volume", "volume of the day"], trades: ["Trades", "trades of the day"],
  vwap: ["VWAP", "volume-weighted price of the day"], spark: ["60 windows", "closes of the last 60 windows"], age: ["Age", "since the last change"], health: ["", "health of the feed"],
};

// Orders again at most once a second, and not under the pointer: rows must not run away from who wants to click one.
function useOrder(filter: string, hovered: boolean): string[] {
  const symbols = watch.symbols.value ?? [];
  const like = preferences.value;
  const kept = useRef<string[]>([]);
  const asked = useRef<unknown[]>([]);
  const reasons = [symbols, filter, like.sort, like.starred, like.starredOnly];
  const changed = reasons.some((reason, i) => reason !== asked.current[i]);
  const timed = like.sort.by === "symbol" || hovered ? 0 : second.value;
  const lastTime = useRef(0);
  if (changed || (timed !== 0 && timed !== lastTime.current)) {
    kept.current = ordered([...symbols], (symbol) => watch.peek(symbol), filter, like);
    asked.current = reasons;
    lastTime.current = timed;
  }
  return kept.current;
}

function useRowHeight(): number {
  const coarse = matchMedia("(pointer: coarse)");
  const [touch, setTouch] = useState(coarse.matches);
  useEffect(() => {
    const listener = () => setTouch(coarse.matches);
    coarse.addEventListener("change", listener);
    return () => coarse.removeEventListener("change", listener);
  }, []);
  return touch ? 40 : 28;
}

interface Properties {
  selected: string | null;
}

export function WatchList({ selected }: Properties) {
  const [filter, setFilter] = useState("");
  const [hovered, setHovered] = useState(false);
  const order = useOrder(filter, hovered);
  const box = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const scrolled = useSignal(0);
  const height = useSignal(800);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => { height.value = box.current?.clientHeight ?? 800; });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const move = (step: number) => {
    const at = Math.max(0, Math.min(order.length - 1, (selected === null ? -1 : order.indexOf(selected)) + step));
    const symbol = order[at];
    if (!symbol) return;
    adjust({ symbol });
    reveal(box.current, at, rowHeight);
  };
  // Before the next key: one that comes within the frame must find the row that the last one chose.
  useLayoutEffect(() => bindKeys({
    ArrowDown: () => move(1), ArrowUp: () => move(-1), PageDown: () => move(20), PageUp: () => move(-20), Home: () => move(-1e9), End: () => move(1e9),
    Enter: () => { if (selected) go({ page: "charts", symbol: selected }); },
    s: () => { if (selected) toggleStar(selected); },
  }));
  const { first, end } = visibleSlice(scrolled.value, height.value, rowHeight, order.length);
  const loading = watch.symbols.value === null;
  return (
    <section class="watch" aria-label="Watch list">
      <Toolbar filter={filter} setFilter={setFilter} shown={order.length} all={watch.symbols.value?.length ?? null} />
      <div class="watch-box" ref={box} tabIndex={0} role="region" aria-label="Watch list rows" onScroll={(event) => { scrolled.value = event.currentTarget.scrollTop; }}
        onPointerEnter={() => setHovered(true)} onPointerLeave={() => setHovered(false)}>
        <table class="watch-table" aria-rowcount={order.length + 1}>
          <colgroup><col class="star" /><col class="symbol" />{preferences.value.columns.map((column) => <col key={column} class={column} />)}</colgroup>
          <Head />
          <tbody>
            {first > 0 && <Space height={first * rowHeight} />}
            {order.slice(first, end).map((symbol, i) => (
              <WatchListRow key={symbol} symbol={symbol} index={first + i} selected={symbol === selected} select={(one) => adjust({ symbol: one })} />
            ))}
            {end < order.length && <Space height={(order.length - end) * rowHeight} />}
          </tbody>
        </table>
        {loading && <Skeleton lines={24} label="Watch list" />}
        {!loading && order.length === 0 && <NoRows filter={filter} />}
      </div>
    </section>
  );
}

function reveal(box: HTMLDivElement | null, at: number, rowHeight: number): void {
  if (!box) return;
  const head = rowHeight;
  const top = at * rowHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + rowHeight + head > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight + head - box.clientHeight;
}

// One cell: a span over columns that a narrow screen hides would make columns of its own.
function Space({ height }: { height: number }) {
  return <tr class="space" aria-hidden="true"><td style={{ height: `${height}px` }} /></tr>;
}

function NoRows({ filter }: { filter: string }) {
  if (filter) return <Empty why={`No symbol holds “${filter}”.`} />;
  if (preferences.value.starredOnly) return <Empty why="No symbol is starred. Click ☆ in a row, or press s." />;
  return <Empty why="No symbol has traded yet: nothing has been loaded into this directory." command="tickerhouse replay trades.jsonl --data ./data --serve" />;
}

interface ToolbarProperties {
  filter: string;
  setFilter(text: string): void;
  shown: number;
  all: number | null;
}

function Toolbar({ filter, setFilter, shown, all }: ToolbarProperties) {
  const { starredOnly, columns } = preferences.value;
  return (
    <div class="toolbar">
      <input class="filter" type="search" aria-label="Filter symbols" placeholder="Filter" value={filter} onInput={(event) => setFilter(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === "Escape") { setFilter(""); event.currentTarget.blur(); } }} />
      <button type="button" aria-pressed={starredOnly} onClick={() => prefer({ starredOnly: !starredOnly })}>★ only</button>
      <details class="menu">
        <summary>Columns</summary>
        <div class="menu-box">
          {kColumns.map((column) => (
            <label key={column}><input type="checkbox" checked={columns.includes(column)} onChange={() => prefer({ columns: kColumns.filter((c) => (c === column ? !columns.includes(c) : columns.includes(c))) })} /> {kColumnNames[column][0] || "Health"}</label>
          ))}
        </div>
      </details>
      <span class="fill" />
      <span class="muted">{all === null ? "" : shown === all ? `${count(all)} symbols` : `${count(shown)} of ${count(all)} symbols`}</span>
    </div>
  );
}

function Head() {
  const { sort, columns } = preferences.value;
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col" class="star"><span class="sr">Star</span></th>
        {(["symbol", ...columns] as Sort["by"][]).map((by) => <HeadCell key={by} by={by} sort={sort} />)}
      </tr>
    </thead>
  );
}

function HeadCell({ by, sort }: { by: Sort["by"]; sort: Sort }) {
  const [name, title] = kColumnNames[by];
  const here = sort.by === by;
  const state = here ? (sort.descending ? "descending" : "ascending") : "none";
  const turn = () => prefer({ sort: { by, descending: here ? !sort.descending : by !== "symbol" } });
  return (
    <th scope="col" class={by} aria-sort={state}>
      <button type="button" onClick={turn} title={`Sort by ${title}`}>{name || <span class="sr">{title}</span>}{name === "" && !here ? <span aria-hidden="true">●</span> : null}{here && <span aria-hidden="true">{"\u2009"}{sort.descending ? "↓" : "↑"}</span>}</button>
    </th>
  );
}
