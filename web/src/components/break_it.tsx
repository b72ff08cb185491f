// The demo's faults. Each change is a record on the tape; ledger and oracle stay in view, and right.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, RequestFailed } from "../api/rest.ts";
import type { Faults } from "../api/types.ts";
import { generation, status } from "../state/live.ts";
import { Failure } from "./bars.tsx";
import { Equation } from "./ledger.tsx";
import { Oracle } from "./top_line.tsx";

const kRateMax = 0.2;
const kSettleMs = 150;
const kFaults: [string, string, string][] = [
  ["late", "Late", "events that come after their window closed"], ["duplicate", "Duplicate", "the same event again"], ["malformed", "Malformed", "lines that are no event"],
  ["out_of_order", "Out of order", "events before older ones"], ["gap", "Gap", "events that never come"],
];

// null: this is not the demo.
function useFaults() {
  const [faults, setFaults] = useState<Faults | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const timer = useRef(0);
  const connected = generation.value;
  useEffect(() => {
    let here = true;
    api.demo().then((answer) => { if (here) setFaults(answer.faults); }, (reason: unknown) => {
      if (!here) return;
      setFaults(null);
      setFailure(reason instanceof RequestFailed && reason.status === 404 ? null : reason);
    });
    return () => { here = false; };
  }, [connected]);
  const send = (next: Faults) => {
    setFaults(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      api.setDemo(next).then((answer) => { setFaults(answer.faults); setFailure(null); }, setFailure);
    }, kSettleMs);
  };
  return { faults, failure, send };
}

export function BreakIt() {
  const { faults, failure, send } = useFaults();
  const [open, setOpen] = useState(false);
  if (!faults) return failure === null ? null : <div class="drawer-closed"><Failure what="The demo's faults could not be read" reason={failure} /></div>;
  if (!open) return <div class="drawer-closed"><button type="button" class="break" onClick={() => setOpen(true)} aria-expanded={false}>Break it …</button></div>;
  const calm = Object.fromEntries(Object.keys(faults).map((name) => [name, 0]));
  return (
    <aside class="drawer" aria-label="Break it">
      <header><h2>Break it</h2><span class="fill" /><button type="button" aria-label="Close" onClick={() => setOpen(false)}>×</button></header>
      <p class="muted">What the simulator does wrong from now on. Each change is recorded on the tape.</p>
      {kFaults.filter(([name]) => name in faults).map(([name, title, what]) => (
        <Slider key={name} name={name} title={title} what={what} value={faults[name]!} change={(rate) => send({ ...faults, [name]: rate })} />
      ))}
      <p><button type="button" onClick={() => send(calm)}>All to zero</button></p>
      {failure !== null && <Failure what="The faults could not be changed" reason={failure} />}
      <h2>Still right</h2>
      {status.value && <Equation ledger={status.value.total} />}
      <p><Oracle /></p>
    </aside>
  );
}

interface SliderProperties {
  name: string;
  title: string;
  what: string;
  value: number;
  change(rate: number): void;
}

function Slider({ name, title, what, value, change }: SliderProperties) {
  const percent = `${(value * 100).toFixed(1)}\u00a0%`;
  return (
    <label class="slider" data-fault={name}>
      <span>{title}</span><output>{percent}</output>
      <input type="range" min={0} max={kRateMax} step={0.005} value={value} aria-label={`${title}: ${what}`} aria-valuetext={percent} onInput={(event) => change(Number(event.currentTarget.value))} />
      <span class="muted">{what}</span>
    </label>
  );
}
