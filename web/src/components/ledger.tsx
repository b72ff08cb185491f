// received = used + duplicate + …, with ✓ exact, or ✗ and by how many.
import { count } from "../format/numbers.ts";
import type { Ledger as Counts } from "../api/types.ts";
import { kPlaceNames, kPlaces, missing } from "../state/ledger.ts";
import { status } from "../state/live.ts";
import { Skeleton } from "./states.tsx";
import { Oracle } from "./top_line.tsx";

export function Equation({ ledger }: { ledger: Counts }) {
  const off = missing(ledger);
  return (
    <p class="equation" data-off={off}>
      <span class="term"><span class="n" data-place="received">{count(ledger.received)}</span><span class="muted">received</span></span>
      {kPlaces.map((place, i) => [
        <span key={`${place} sign`} class="sign">{i === 0 ? "=" : "+"}</span>,
        <span key={place} class="term"><span class="n" data-place={place}>{count(ledger[place])}</span><span class="muted">{kPlaceNames[place]}</span></span>,
      ])}
      <Verdict off={off} />
    </p>
  );
}

function Verdict({ off }: { off: number }) {
  if (off === 0) return <span class="verdict right" role="status">✓ exact</span>;
  return <span class="verdict wrong" role="status">✗ {count(Math.abs(off))} {off > 0 ? "missing" : "too many"}</span>;
}

export function LedgerPanel() {
  const now = status.value;
  return (
    <section class="panel" id="ledger" aria-label="Ledger">
      <header><h2>Ledger</h2><span class="muted">every record ends in exactly one place</span><span class="fill" /><span class="muted">oracle</span> <Oracle /></header>
      {!now && <Skeleton lines={8} label="Ledger" />}
      {now && <Equation ledger={now.total} />}
      {now && <Losses />}
      {now && <Partitions />}
    </section>
  );
}

// What the ledger cannot count: it was deleted before it was read.
function Losses() {
  const now = status.value!;
  const losses = [...now.sources.map(({ name, lost }) => ({ whose: `messages of ${name}`, lost })), ...now.partitions.map(({ partition, lost }) => ({ whose: `rows of partition ${partition}`, lost }))];
  return (
    <>
      {losses.map(({ whose, lost }) => lost && (
        <p key={whose} class="loss">
          up to {count(lost.offsets)} {whose} were deleted before they were read, the last ones from offset {count(lost.from)} to {count(lost.to)}{lost.input ? ` of ${lost.input}` : ""}; bars that may lack one are marked gap
        </p>
      ))}
    </>
  );
}

function Partitions() {
  const now = status.value!;
  const rows = [...now.partitions.map((one) => ({ name: `partition ${one.partition}`, counts: one as Counts, waiting: one.waiting })), { name: "ingest", counts: now.ingest, waiting: null }];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Ledger of each partition">
      <table class="numbers">
        <thead><tr><th scope="col">Where</th><th scope="col">received</th>{kPlaces.map((place) => <th key={place} scope="col">{kPlaceNames[place]}</th>)}<th scope="col">waiting</th><th scope="col" class="word">adds up</th></tr></thead>
        <tbody>
          {rows.map(({ name, counts, waiting }) => (
            <tr key={name}>
              <th scope="row">{name}</th><td>{count(counts.received)}</td>{kPlaces.map((place) => <td key={place} class={counts[place] === 0 ? "zero" : ""}>{count(counts[place])}</td>)}
              <td class={waiting === 0 ? "zero" : ""} title={waiting === null ? "ingest's rejects wait for nobody" : undefined}>{count(waiting)}</td>
              <td class="word">{missing(counts) === 0 ? <span class="right">✓</span> : <span class="wrong">✗ {count(Math.abs(missing(counts)))}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
