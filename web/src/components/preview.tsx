// The chart of the selected row, small.
import { useEffect } from "preact/hooks";
import { useChart } from "../charts/use_chart.ts";
import { palette } from "../charts/palette.ts";
import { change, direction, exact, price, short } from "../format/numbers.ts";
import { intervals, watch } from "../state/live.ts";
import { preferences } from "../state/preferences.ts";
import { href, route } from "../state/route.ts";
import { useBars } from "../state/use_book.ts";

const kPreviewMs = 3_600_000;

export function Preview({ symbol }: { symbol: string | null }) {
  const interval = intervals.value[0] ?? null;
  const row = symbol ? watch.row(symbol)?.data : undefined;
  const book = useBars(symbol, interval);
  const { host, chart } = useChart(book, {
    compact: true, kind: preferences.value.chart, zone: route.value.zone, decimals: row?.decimals ?? 2, palette: palette.value,
  });
  useEffect(() => chart.current?.setRange(kPreviewMs), [book]);
  return (
    <section class={symbol ? "preview" : "preview none"} aria-label="Preview of the selected symbol">
      <header>
        {symbol ? <h2><a href={href({ page: "charts", symbol })}>{symbol}</a></h2> : <span class="muted">no symbol yet</span>}
        {row && <>
          <span class="last" title={exact(row.last)}>{price(row.last, row.decimals)}</span>
          <span class={direction(row.change)}>{change(row.change, row.change_pct, row.decimals)}</span>
          <span class="fill" />
          <span class="muted" title={exact(row.volume)}>vol {short(row.volume)}</span>
          <span class="muted interval">{interval}</span>
        </>}
      </header>
      <div class="chart-host" ref={host} aria-hidden="true" />
    </section>
  );
}
