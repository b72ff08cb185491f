// The way of a record, left to right.
import { Fragment } from "preact";
import { useMemo } from "preact/hooks";
import { Sparkline } from "../charts/sparkline.tsx";
import { milliseconds, rate } from "../format/numbers.ts";
import { amount, edgeWidth, flowBoxes, type FlowBox } from "../state/flow.ts";
import { connection, latencyP99, status, watch } from "../state/live.ts";
import { route } from "../state/route.ts";
import { Skeleton } from "./states.tsx";

const kAnchor: Record<string, string> = { source: "rejects", ingest: "rejects", tape: "topics", shards: "ledger", results: "topics", sinks: "sinks", live: "flow" };

export function Flow() {
  const now = status.value;
  if (!now) return <section class="panel" id="flow" aria-label="Flow"><div class="flow-skeleton"><Skeleton lines={4} label="Flow" /></div></section>;
  const boxes = flowBoxes(now).map((box) => (box.name === "live"
    ? { ...box, total: amount(watch.symbols.value?.length), lag: { text: milliseconds(latencyP99.value) } } : box));
  return (
    <section class="panel" id="flow" aria-label="Flow">
      <ol class={`flow ${connection.value.phase === "open" ? "" : "past"}`}>
        {boxes.map((box, i) => (
          <Fragment key={box.name}>
            {i > 0 && <Edge width={edgeWidth(box.rate)} flowing={(box.rate ?? 0) > 0} />}
            <Box box={box} selected={route.value.part === box.name} />
          </Fragment>
        ))}
      </ol>
    </section>
  );
}

function Box({ box, selected }: { box: FlowBox; selected: boolean }) {
  const last = box.track.total;
  const values = useMemo(() => box.track.history().perSecond, [box.track, last, status.value]);
  return (
    <li class={`flow-box ${selected ? "selected" : ""}`} data-stage={box.name}>
      <a class="flow-title" href={`#${kAnchor[box.name]}`} onClick={(event) => { event.preventDefault(); scrollToPart(kAnchor[box.name]!); }}>
        <span class={`dot ${box.state}`} aria-hidden="true" /> <strong>{box.title}</strong> <span class="muted">{box.word}</span>
      </a>
      <dl>
        <div><dt>rate</dt><dd>{rate(box.rate)}</dd></div>
        <div><dt>{box.totalName}</dt><dd title={box.total.exact}>{box.total.text}</dd></div>
        <div><dt>{box.lagName}</dt><dd title={box.lag.exact}>{box.lag.text}</dd></div>
      </dl>
      <Sparkline values={values} width={112} height={24} colour="accent" fromZero />
    </li>
  );
}

function Edge({ width, flowing }: { width: number; flowing: boolean }) {
  return (
    <li class={`flow-edge ${flowing ? "" : "still"}`} aria-hidden="true">
      <svg viewBox="0 0 24 24" preserveAspectRatio="none"><line x1="0" y1="12" x2="24" y2="12" stroke-width={width} /></svg>
    </li>
  );
}

export function scrollToPart(id: string): void {
  const element = document.getElementById(id);
  if (!element) return;
  const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: smooth ? "smooth" : "auto", block: "start" });
}
