// Symbol, interval, range, candle or line, compare, CSV, picture, table.
import type { ComponentChildren } from "preact";
import { preferences, prefer } from "../state/preferences.ts";
import { adjust, go, kRanges, route } from "../state/route.ts";
import { shownSymbols } from "../state/live.ts";
import { Compare } from "./compare.tsx";
import { csvName, saveCsv } from "./export.ts";

interface Properties {
  symbol: string;
  interval: string;
  all: string[]; // intervals
  csv: () => string;
  picture: () => void;
  comparing: boolean;
  setComparing(open: boolean): void;
  table: boolean;
  setTable(on: boolean): void;
  range(range: (typeof kRanges)[number]): void;
}

interface ChoiceProperties<T extends string> {
  label: string;
  all: readonly T[];
  chosen: T | null;
  choose(one: T): void;
  names?: Partial<Record<T, ComponentChildren>>;
}

function Choice<T extends string>({ label, all, chosen, choose, names }: ChoiceProperties<T>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {all.map((one) => <button key={one} type="button" aria-pressed={one === chosen} onClick={() => choose(one)}>{names?.[one] ?? one}</button>)}
    </div>
  );
}

export function ChartToolbar(p: Properties) {
  const symbols = shownSymbols.value;
  return (
    <div class="toolbar chart-toolbar">
      <select aria-label="Symbol" value={p.symbol} onChange={(event) => go({ symbol: event.currentTarget.value })}>
        {(symbols.includes(p.symbol) ? symbols : [p.symbol, ...symbols]).map((one) => <option key={one} value={one}>{one}</option>)}
      </select>
      <Choice label="Interval" all={p.all} chosen={p.interval} choose={(interval) => adjust({ interval })} />
      <Choice label="Range" all={kRanges} chosen={route.value.range} choose={(one) => p.range(one)} />
      <Choice label="Kind" all={["candle", "line"] as const} chosen={preferences.value.chart} choose={(chart) => prefer({ chart })} names={{ candle: "Candles", line: "Line" }} />
      <Compare symbol={p.symbol} open={p.comparing} setOpen={p.setComparing} />
      <span class="fill" />
      <button type="button" aria-pressed={p.table} onClick={() => p.setTable(!p.table)} title="The chart as a table (d)">Table</button>
      <a class="button" data-action="csv" href={p.csv()} download={csvName(p.symbol, p.interval)} onPointerDown={(event) => { event.currentTarget.href = p.csv(); }} onFocus={(event) => { event.currentTarget.href = p.csv(); }}
        onClick={(event) => void saveCsv(event, p.csv(), csvName(p.symbol, p.interval))}>CSV</a>
      <button type="button" onClick={p.picture} title="Save as a picture">Picture</button>
    </div>
  );
}
