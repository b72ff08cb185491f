// A PriceChart that lives as long as its element.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { BarBook } from "../state/bars.ts";
import { PriceChart, type ChartEvents, type ChartOptions } from "./price_chart.ts";

export function useChart(book: BarBook | null, options: ChartOptions, events: ChartEvents = {}) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart | null>(null);
  useLayoutEffect(() => {
    chart.current = new PriceChart(host.current!, options, events);
    return () => {
      chart.current?.close();
      chart.current = null;
    };
  }, []);
  const { kind, zone, decimals, palette } = options;
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) chart.current?.change({ kind, zone, decimals, palette });
    first.current = false;
  }, [kind, zone, decimals, palette]);
  useEffect(() => { if (book) chart.current?.show(book); }, [book]);
  return { host, chart };
}
