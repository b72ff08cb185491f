// Further symbols beside the main one, in percent.
import { useEffect, useRef, useState } from "preact/hooks";
import { shownSymbols } from "../state/live.ts";
import { adjust, route } from "../state/route.ts";
import { matches } from "./top_bar.tsx";

const kComparedMax = 4;

export function setCompared(compare: string[]): void {
  adjust({ compare, at: route.value.at });
}

export function Compare({ symbol, open, setOpen }: { symbol: string; open: boolean; setOpen(open: boolean): void }) {
  const { compare } = route.value;
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => { if (open) input.current?.focus(); }, [open]);
  const free = shownSymbols.value.filter((one) => one !== symbol && !compare.includes(one));
  const found = matches(free, text);
  const add = (one: string | undefined) => {
    if (!one || compare.length >= kComparedMax) return;
    setCompared([...compare, one]);
    setText("");
  };
  return (
    <div class="compare">
      <button type="button" aria-expanded={open} aria-controls="compare-box" onClick={() => setOpen(!open)} title="Compare symbols in percent (c)">Compare{compare.length > 0 ? ` ${compare.length}` : ""}</button>
      {open && (
        <div class="menu-box" id="compare-box" role="group" aria-label="Compare">
          <input ref={input} type="text" aria-label="Symbol to compare" placeholder={compare.length >= kComparedMax ? "four at most" : "Symbol"} value={text} disabled={compare.length >= kComparedMax} spellcheck={false}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => { if (event.key === "Enter") add(found[0]); if (event.key === "Escape") { event.stopPropagation(); setOpen(false); } }} />
          <div class="compare-found">{found.slice(0, 6).map((one) => <button key={one} type="button" onClick={() => add(one)}>{one}</button>)}</div>
        </div>
      )}
      {compare.map((one, i) => (
        <span key={one} class={`chip compare-${i + 1}`}>{one} <button type="button" aria-label={`Do not compare ${one}`} onClick={() => setCompared(compare.filter((s) => s !== one))}>×</button></span>
      ))}
    </div>
  );
}
