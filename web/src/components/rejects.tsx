// What was refused: how often for which reason, and the last ones with their original bytes.
import { useMemo, useState } from "preact/hooks";
import { api } from "../api/rest.ts";
import type { Placed, Reject, Status } from "../api/types.ts";
import { asHex, asText, fromBase64 } from "../format/bytes.ts";
import { count } from "../format/numbers.ts";
import { status } from "../state/live.ts";
import { usePoll } from "../state/poll.ts";
import { Failure } from "./bars.tsx";
import { Empty, Skeleton } from "./states.tsx";

const kShown = 50;
const kEveryMs = 3_000;

export function reasonsOf(of: Status): [string, number][] {
  const sums = new Map<string, number>();
  for (const source of of.sources) {
    for (const [reason, n] of Object.entries(source.rejects)) sums.set(reason, (sums.get(reason) ?? 0) + n);
  }
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

export function RejectsPanel() {
  const [reason, setReason] = useState<string | undefined>(undefined);
  const [hex, setHex] = useState(false);
  const { value, failure, again } = usePoll((signal) => api.rejects(reason, kShown, signal), kEveryMs, [reason]);
  const reasons = status.value ? reasonsOf(status.value) : [];
  return (
    <section class="panel" id="rejects" aria-label="Rejects">
      <header>
        <h2>Rejects</h2><span class="muted">{reason ? `of ${reason}` : `the last ${kShown}`}, newest first</span><span class="fill" />
        <div class="choice" role="group" aria-label="Bytes as"><button type="button" aria-pressed={!hex} onClick={() => setHex(false)}>Text</button><button type="button" aria-pressed={hex} onClick={() => setHex(true)}>Hex</button></div>
      </header>
      <div class="rejects">
        <Reasons reasons={reasons} chosen={reason} choose={(one) => setReason(one === reason ? undefined : one)} />
        <div class="reject-list scroll" tabIndex={0} role="region" aria-label="The last rejects">
          {failure !== null && <Failure what="The rejects could not be read" reason={failure} again={again} />}
          {!value && failure === null && <Skeleton lines={8} label="Rejects" />}
          {value?.rejects.length === 0 && <Empty why={reason ? `No reject for the reason ${reason}.` : "No record has been rejected."} />}
          {value?.rejects.map((one) => <Row key={`${one.partition}/${one.offset}`} one={one} hex={hex} />)}
        </div>
      </div>
    </section>
  );
}

interface ReasonsProperties {
  reasons: [string, number][];
  chosen: string | undefined;
  choose(reason: string): void;
}

function Reasons({ reasons, chosen, choose }: ReasonsProperties) {
  const most = reasons[0]?.[1] ?? 1;
  return (
    <ul class="reasons" aria-label="Reasons">
      {reasons.length === 0 && <li class="muted">no reason yet</li>}
      {reasons.map(([reason, n]) => (
        <li key={reason}><button type="button" aria-pressed={reason === chosen} onClick={() => choose(reason)}>
          <span class="reason-name">{reason}</span><span class="n">{count(n)}</span>
          <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width={(100 * n) / most} height="4" /></svg>
        </button></li>
      ))}
    </ul>
  );
}

function Row({ one, hex }: { one: Placed<Reject>; hex: boolean }) {
  const { reason, source, position, raw_base64 } = one.value;
  const raw = useMemo(() => fromBase64(raw_base64), [raw_base64]);
  return (
    <div class="reject" data-offset={one.offset}>
      <span class="reason">{reason}</span><span class="muted">{source}:{position} · rejects/{one.partition}@{count(one.offset)} · {count(raw.length)} bytes</span>
      <pre>{hex ? asHex(raw) : asText(raw) || "(an empty line)"}</pre>
    </div>
  );
}
