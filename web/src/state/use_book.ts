import { useEffect, useMemo, useState } from "preact/hooks";
import type { BarKey } from "../api/types.ts";
import type { BarBook } from "./bars.ts";
import { useBook as take } from "./live.ts";

// The live bars of a symbol and interval, while this component shows them.
export function useBars(symbol: string | null, interval: string | null): BarBook | null {
  const [book, setBook] = useState<BarBook | null>(null);
  useEffect(() => {
    if (!symbol || !interval) return setBook(null);
    const taken = take({ symbol, interval });
    setBook(taken.book);
    return taken.release;
  }, [symbol, interval]);
  return book;
}

// The same for several.
export function useBarsOf(keys: BarKey[]): Map<string, BarBook> {
  const name = keys.map(({ symbol, interval }) => `${symbol} ${interval}`).join(",");
  const [books, setBooks] = useState(new Map<string, BarBook>());
  const stable = useMemo(() => keys, [name]);
  useEffect(() => {
    const taken = stable.map((key) => ({ key, ...take(key) }));
    setBooks(new Map(taken.map(({ key, book }) => [key.symbol, book])));
    return () => { for (const { release } of taken) release(); };
  }, [stable]);
  return books;
}
