// Asks the server again and again while somebody looks: not in a hidden tab, not while paused, never twice at once.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { generation, paused } from "./live.ts";

export interface Polled<T> {
  value: T | null;
  failure: unknown;
  again(): void;
}

export function usePoll<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number | null, reasons: unknown[]): Polled<T> {
  const [value, setValue] = useState<T | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [asked, setAsked] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  const connected = generation.value;
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const turn = async () => {
      if (document.visibilityState === "visible" && paused.peek() === null) {
        try {
          const answer = await latest.current(abort.signal);
          if (abort.signal.aborted) return;
          setValue(answer);
          setFailure(null);
        } catch (reason) {
          if (abort.signal.aborted) return;
          setFailure(reason);
        }
      }
      if (everyMs !== null) timer = window.setTimeout(() => void turn(), everyMs);
    };
    void turn();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [...reasons, connected, asked, everyMs]);
  const again = useCallback(() => setAsked((n) => n + 1), []);
  return { value, failure, again };
}
