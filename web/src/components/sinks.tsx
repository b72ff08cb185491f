// Where results go: how far each sink is, and how it does.
import type { SinkRow } from "../api/types.ts";
import { count, kUnknown } from "../format/numbers.ts";
import { age, dateTime, parseTime } from "../format/times.ts";
import { now, second } from "../state/clock.ts";
import { status } from "../state/live.ts";
import { route } from "../state/route.ts";
import { Empty, Skeleton } from "./states.tsx";

interface SinkGroup {
  name: string;
  topic: string;
  position: number;
  lag: number;
  partitions: number;
  row: SinkRow;
}

// A line for each sink and topic; the partitions of a topic are added up.
export function groupSinks(rows: SinkRow[]): SinkGroup[] {
  const groups = new Map<string, SinkGroup>();
  for (const row of rows) {
    const key = `${row.name} ${row.topic}`;
    const group = groups.get(key);
    if (!group) groups.set(key, { name: row.name, topic: row.topic, position: row.position, lag: row.lag, partitions: 1, row });
    else Object.assign(group, { position: group.position + row.position, lag: group.lag + row.lag, partitions: group.partitions + 1 });
  }
  return [...groups.values()];
}

export function SinksPanel() {
  void second.value;
  const rows = status.value?.sinks;
  return (
    <section class="panel" id="sinks" aria-label="Sinks">
      <header><h2>Sinks</h2><span class="muted">each at its own pace, its position inside its target</span></header>
      {!rows && <Skeleton lines={6} label="Sinks" />}
      {rows?.length === 0 && <Empty why="No sink is configured: results stay on the tape." />}
      {rows && rows.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Sinks and their positions">
          <table class="numbers">
            <thead><tr><th scope="col">Sink</th><th scope="col" class="word">Topic</th><th scope="col">Partitions</th><th scope="col">Position</th><th scope="col">Lag</th><th scope="col">Last flush</th><th scope="col">Restarts</th><th scope="col" class="word">State</th></tr></thead>
            <tbody>{groupSinks(rows).map((group, i, all) => <Row key={`${group.name} ${group.topic}`} group={group} first={all[i - 1]?.name !== group.name} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ group, first }: { group: SinkGroup; first: boolean }) {
  const { row } = group;
  const flushed = parseTime(row.last_flush);
  return (
    <tr class={first ? "first" : ""} data-sink={`${group.name}/${group.topic}`}>
      <th scope="row">{group.name}</th><td class="word">{group.topic}</td><td>{group.partitions}</td><td>{count(group.position)}</td>
      <td class={group.lag === 0 ? "zero" : ""}>{count(group.lag)}</td>
      <td title={Number.isNaN(flushed) ? "not flushed since the start" : dateTime(flushed, route.value.zone)}>{Number.isNaN(flushed) ? kUnknown : age(now() - flushed)}</td>
      <td class={row.restarts ? "" : "zero"}>{count(row.restarts)}</td>
      <td class="word"><span class={`dot ${row.state ?? "unknown"}`} aria-hidden="true" /> {row.error ? <span class="wrong" title={row.error}>{row.error}</span> : (row.state ?? kUnknown)}</td>
    </tr>
  );
}
