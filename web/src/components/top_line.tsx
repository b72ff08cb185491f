// The line that says how the whole of it does: rate, symbols, final bars, event to screen, oracle.
import type { ComponentChildren } from "preact";
import { count, kUnknown, milliseconds, rate } from "../format/numbers.ts";
import { latencyP99, resultRows, status, watch } from "../state/live.ts";
import { href } from "../state/route.ts";

interface FactProperties {
  name: string;
  title?: string;
  children: ComponentChildren;
}

function Fact({ name, title, children }: FactProperties) {
  return <div class="fact" title={title} data-fact={name}><dt>{name}</dt><dd>{children}</dd></div>;
}

export function TopLine() {
  const now = status.value;
  const symbols = watch.symbols.value;
  return (
    <dl class="top-line">
      <Fact name="events">{now ? rate(now.events_per_second) : kUnknown}</Fact>
      <Fact name="symbols">{symbols ? count(symbols.length) : kUnknown}</Fact>
      <Fact name="settled bars" title={settledTitle()}>{count(settledBars())}</Fact>
      <Fact name="event to screen, p99" title={latencyTitle()}>{milliseconds(latencyP99.value)}</Fact>
      <Fact name="oracle" title={oracleTitle()}><Oracle /></Fact>
    </dl>
  );
}

// Each window once: a count of the bars topic would have revised ones several times.
function settledBars(): number | null {
  return status.value ? resultRows(status.value, "settled") : null;
}

function settledTitle(): string {
  if (status.value && settledBars() === null) return "unknown: no sink reads them";
  return "the last word on each window, all symbols and intervals";
}

function latencyTitle(): string {
  if (latencyP99.value !== null) return "from the time of the event to the frame that shows it, of the last 2 000 changes";
  const kind = status.value?.source_label.kind;
  if (kind === "replay" || kind === "none") return "unknown: these events are not of now";
  return status.value?.catching_up !== null ? "unknown while catching up" : "unknown: no price has changed yet";
}

function oracleTitle(): string {
  const oracle = status.value?.oracle;
  if (!oracle) return "only the demo's simulator knows the true bars";
  return oracle.first_wrong ?? "each settled bar is compared with the bar that the simulator knows to be true";
}

// 1 284 of 1 284 bars exact
export function Oracle() {
  const oracle = status.value?.oracle;
  if (!oracle) return <span class="muted">{kUnknown}</span>;
  const right = oracle.exact === oracle.judged;
  return (
    <a class={`oracle ${right ? "right" : "wrong"}`} href={href({ page: "pipeline", part: "ledger" })}>
      <span aria-hidden="true">{right ? "✓" : "✗"}</span> {count(oracle.exact)} of {count(oracle.judged)} bars exact
    </a>
  );
}
