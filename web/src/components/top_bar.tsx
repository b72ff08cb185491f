// Name, pages, symbol search, source badge, clock with zone, connection.
import { useRef, useState } from "preact/hooks";
import { age, clockTime, zoneLabel } from "../format/times.ts";
import { now, second } from "../state/clock.ts";
import { connection, lastMessageAt, paused, shownSymbols, status, togglePause } from "../state/live.ts";
import { go, href, kPages, route, type Page } from "../state/route.ts";
import { cycleTheme, cycleZone, helpOpen, themeName } from "../state/actions.ts";

const kNames: Record<Page, string> = { overview: "Overview", charts: "Charts", pipeline: "Pipeline" };

export function TopBar() {
  return (
    <header class="top">
      <a class="name" href={href({ page: "overview" })} aria-label="Tickerhouse, overview"><Mark />Tickerhouse</a>
      <nav aria-label="Pages">
        {kPages.map((page) => (
          <a key={page} href={href({ page })} aria-current={route.value.page === page ? "page" : undefined}>{kNames[page]}</a>
        ))}
      </nav>
      <Search />
      <span class="fill" />
      <SourceBadge />
      <Clock />
      <Connection />
      <button class="icon pause" type="button" aria-pressed={paused.value !== null} onClick={togglePause} title="Pause or go on (Space)">
        {paused.value === null ? <PauseIcon /> : <PlayIcon />}<span class="sr">{paused.value === null ? "Pause" : "Go on"}</span>
      </button>
      <button class="icon theme" type="button" onClick={cycleTheme} title={`Theme: ${themeName()} (t)`}><ThemeIcon /><span class="sr">Theme: {themeName()}</span></button>
      <button class="icon help" type="button" onClick={() => { helpOpen.value = true; }} title="Keys (?)">?<span class="sr"> Keys</span></button>
    </header>
  );
}

function Mark() {
  return <svg class="mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M3.5 2v12M1.5 5h4v6h-4zM8.5 1v11M12.5 5v10" /><path class="filled" d="M6.5 3h4v6h-4zM11 7h3v5h-3z" /></svg>;
}
function PauseIcon() {
  return <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M5 3v10M11 3v10" /></svg>;
}
function PlayIcon() {
  return <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M4 3l9 5-9 5z" /></svg>;
}
function ThemeIcon() {
  return <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><circle cx="8" cy="8" r="5.5" /><path class="filled" d="M8 2.5a5.5 5.5 0 0 1 0 11z" /></svg>;
}

function Search() {
  const [text, setText] = useState("");
  const [picked, setPicked] = useState(0);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const found = open && text ? matches(shownSymbols.value, text) : [];
  const choose = (symbol: string | undefined) => {
    if (!symbol) return;
    go({ page: "charts", symbol });
    setText("");
    setOpen(false);
    input.current?.blur();
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setPicked((picked + step + found.length) % Math.max(found.length, 1));
    } else if (event.key === "Enter") choose(found[picked]);
    else if (event.key === "Escape") { setText(""); setOpen(false); input.current?.blur(); }
  };
  return (
    <div class="search" role="search">
      <input ref={input} id="search" type="text" role="combobox" aria-expanded={found.length > 0} aria-controls="search-list" aria-label="Search a symbol" aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? `search-${picked}` : undefined} autocomplete="off" spellcheck={false} placeholder="Symbol" value={text}
        onInput={(event) => { setText(event.currentTarget.value); setPicked(0); setOpen(true); }} onKeyDown={key} onBlur={() => setOpen(false)} />
      <kbd aria-hidden="true">/</kbd>
      <ul id="search-list" role="listbox" aria-label="Symbols found" hidden={!open || !text}>
        {found.map((symbol, i) => (
          <li key={symbol} id={`search-${i}`} role="option" aria-selected={i === picked} onPointerDown={(event) => { event.preventDefault(); choose(symbol); }}>{symbol}</li>
        ))}
        {open && text && found.length === 0 && <li role="option" aria-disabled="true" aria-selected="false" class="none">no symbol holds “{text}”</li>}
      </ul>
    </div>
  );
}

const kFoundMax = 8;

// Those that begin with the text come first.
export function matches(symbols: string[], text: string): string[] {
  const wanted = text.trim().toUpperCase();
  const holding = symbols.filter((symbol) => symbol.toUpperCase().includes(wanted));
  const begins = (symbol: string) => (symbol.toUpperCase().startsWith(wanted) ? 0 : 1);
  return holding.sort((a, b) => begins(a) - begins(b)).slice(0, kFoundMax);
}

export function SourceBadge() {
  const label = status.value?.source_label;
  if (!label) return <span class="badge waiting" aria-hidden="true" />;
  if (label.kind === "none") return <span class="badge none" title="no source is running: the directory is only shown">NO SOURCE</span>;
  if (label.kind === "simulated") return <span class="badge simulated" title="made up by the simulator: no market data">SIMULATED</span>;
  if (label.kind === "live") return <span class="badge live">LIVE</span>;
  return <span class="badge replay" title="recorded events, sent again">REPLAY{label.speed === null ? "" : ` ×${label.speed}`}</span>;
}

function Clock() {
  const ms = second.value;
  const zone = route.value.zone;
  return (
    <button class="clock" type="button" onClick={cycleZone} title="Zone: UTC, this machine's, New York (z)">
      <time>{clockTime(ms, zone)}</time> <span class="muted">{zoneLabel(ms, zone)}</span>
    </button>
  );
}

function Connection() {
  const heard = second.value && lastMessageAt.value ? Math.max(0, now() - lastMessageAt.value) : Number.NaN;
  const open = connection.value.phase === "open";
  const text = open ? `connected, last message ${age(heard)} ago` : connection.value.phase === "connecting" ? "connecting" : "disconnected";
  return (
    <span class="connection" role="status" aria-label={open ? "connected" : text} title={text}>
      <span class={`dot ${open ? "ok" : "degraded"}`} aria-hidden="true" /><span class="age">{Number.isNaN(heard) ? "—" : age(heard)}</span>
    </span>
  );
}
