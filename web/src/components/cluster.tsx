// The Kafka cluster that holds the tape: its brokers, the pipeline's topics as they lie there, and who reads them.
import type { ComponentChildren } from "preact";
import { api } from "../api/rest.ts";
import type { Cluster, ClusterPartition, ClusterPlace, ReaderGroup } from "../api/types.ts";
import { count, kUnknown } from "../format/numbers.ts";
import { age, clockTime, parseTime, zoneLabel } from "../format/times.ts";
import { now, second } from "../state/clock.ts";
import { status } from "../state/live.ts";
import { usePoll } from "../state/poll.ts";
import { adjust, route } from "../state/route.ts";
import { Failure } from "./bars.tsx";
import { ClusterMessages } from "./cluster_messages.tsx";
import { Empty, Skeleton } from "./states.tsx";

const kEveryMs = 3_000;
const kSilent = "its leader does not answer";

// part of the address: kafka/demo.events/1/42
export function clusterPlaceOf(part: string | null): (ClusterPlace & { offset: number | null }) | null {
  const match = /^kafka\/([A-Za-z0-9._-]+)\/(\d+)(?:\/(\d+))?$/.exec(part ?? "");
  return match ? { topic: match[1]!, partition: Number(match[2]), offset: match[3] === undefined ? null : Number(match[3]) } : null;
}

export function partOf({ topic, partition }: ClusterPlace): string {
  return `kafka/${topic}/${partition}`;
}

export function ClusterPanel() {
  return status.value?.tape.kind === "kafka" ? <Panel /> : null;
}

function Panel() {
  const { value, failure, again } = usePoll((signal) => api.cluster(signal), kEveryMs, []);
  const place = clusterPlaceOf(route.value.part);
  return (
    <section class="panel" id="kafka" aria-label="Kafka">
      <header><h2>Kafka</h2>{value && <About cluster={value} old={failure !== null} />}</header>
      {failure !== null && <Failure what="The brokers could not be asked" reason={failure} again={again} />}
      {!value && failure === null && <Skeleton lines={12} label="Kafka" />}
      {value && (
        <div class={failure !== null ? "stale" : ""}>
          <Brokers cluster={value} />
          <Topics cluster={value} />
        </div>
      )}
      {place && <ClusterMessages key={partOf(place)} place={place} offset={place.offset} topics={value?.topics ?? null} />}
      {value && <div class={failure !== null ? "stale" : ""}><Groups cluster={value} /></div>}
    </section>
  );
}

function About({ cluster, old }: { cluster: Cluster; old: boolean }) {
  void second.value;
  const at = parseTime(cluster.read_at);
  const zone = route.value.zone;
  return (
    <>
      <span class="muted">pipeline {cluster.pipeline}, cluster {cluster.cluster}</span>
      <span class={old ? "amber-text" : "muted"}>as of {clockTime(at, zone)} {zoneLabel(at, zone)}{old ? `, ${age(now() - at)} ago` : ""}</span>
    </>
  );
}

function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="scroll" tabIndex={0} role="region" aria-label={label}>{children}</div>;
}

function Brokers({ cluster }: { cluster: Cluster }) {
  const led = (id: number) => cluster.topics.reduce((sum, { partitions }) => sum + partitions.filter((one) => one.leader === id).length, 0);
  return (
    <Wide label="Brokers">
      <table class="numbers brokers">
        <thead><tr><th scope="col">Broker</th><th scope="col" class="word">Address</th><th scope="col">Leads</th><th scope="col" class="word" title="as the brokers name it; with KRaft any of them, which passes on what is asked of it">Controller</th></tr></thead>
        <tbody>
          {cluster.brokers.map((one) => (
            <tr key={one.id} data-broker={one.id}>
              <th scope="row">{one.id}</th><td class="word">{one.address}</td>
              <td title="partitions of the pipeline's topics">{count(led(one.id))}</td><td class="word">{one.controller ? "controller" : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function Topics({ cluster }: { cluster: Cluster }) {
  return (
    <>
      <h3>Topics of the pipeline <span class="muted">click a partition to read its messages; offsets count the marks of transactions too</span></h3>
      {cluster.topics.length === 0 && <Empty why={`The cluster has no topic of the pipeline ${cluster.pipeline}.`} />}
      {cluster.topics.length > 0 && (
        <Wide label="Topics in the cluster">
          <table class="numbers topics">
            <thead><tr><th scope="col">Topic</th><th scope="col">Partition</th><th scope="col">First offset</th><th scope="col">End offset</th><th scope="col">Leader</th><th scope="col" class="word">Replicas</th><th scope="col" class="word">In sync</th></tr></thead>
            <tbody>{cluster.topics.map(({ topic, partitions }) => partitions.map((one, i) => <Row key={`${topic}/${one.partition}`} topic={topic} one={one} first={i === 0} rows={partitions.length} />))}</tbody>
          </table>
        </Wide>
      )}
    </>
  );
}

interface RowProperties {
  topic: string;
  one: ClusterPartition;
  first: boolean;
  rows: number;
}

function Row({ topic, one, first, rows }: RowProperties) {
  const behind = one.in_sync.length < one.replicas.length;
  const part = partOf({ topic, partition: one.partition });
  return (
    <tr class={first ? "first" : ""} data-kafka={`${topic}/${one.partition}`}>
      {first && <th scope="rowgroup" rowSpan={rows}>{topic}</th>}
      <td><button type="button" class="link" onClick={() => adjust({ part })} aria-label={`Browse the messages of ${topic}, partition ${one.partition}`}>{one.partition}</button></td>
      <td title={one.first === null ? kSilent : undefined}>{count(one.first)}</td><td title={one.next === null ? kSilent : undefined}>{count(one.next)}</td>
      <td>{one.leader === null ? <span class="wrong">none</span> : one.leader}</td><td class="word">{one.replicas.join(" ")}</td>
      <td class="word">{behind ? <span class="wrong">{one.in_sync.join(" ") || "none"}, {one.replicas.length - one.in_sync.length} behind</span> : one.in_sync.join(" ")}</td>
    </tr>
  );
}

function Groups({ cluster }: { cluster: Cluster }) {
  const { groups, groups_error: error, groups_left_out: left } = cluster;
  return (
    <>
      <h3>Consumer groups <span class="muted">that read these topics</span></h3>
      {error !== null && <p class="note wrong">The groups could not be read: {error}</p>}
      {error === null && groups.length === 0 && <Empty why="No consumer group reads these topics. Shards and sinks that run in one process need none; workers are one:" command="tickerhouse work --data ./worker --tape kafka --brokers HOST:PORT --pipeline NAME" />}
      {groups.map((group) => <Group key={group.group} group={group} />)}
      {left > 0 && <p class="note muted">{count(left)} more groups of the cluster were not asked what they read.</p>}
    </>
  );
}

function Group({ group }: { group: ReaderGroup }) {
  const member = (id: string) => group.members.find((one) => one.member === id);
  const known = group.offsets.map((one) => one.lag).filter((lag) => lag !== null);
  const lag = known.length === 0 ? "not known" : `${known.length < group.offsets.length ? "at least " : ""}${count(known.reduce((sum, one) => sum + one, 0))}`;
  const members = group.members.length;
  return (
    <div class="group" data-group={group.group}>
      <p class="note"><strong>{group.group}</strong> <span class="muted">{group.state}{group.protocol && `, ${group.protocol}`}; {members === 0 ? "no members" : members === 1 ? "1 member" : `${count(members)} members`}; lag {lag}{group.coordinator && `; coordinator ${group.coordinator}`}</span></p>
      <Wide label={`Group ${group.group}`}>
        <table class="numbers">
          <thead><tr><th scope="col">Topic</th><th scope="col">Partition</th><th scope="col">Committed</th><th scope="col">Lag</th><th scope="col" class="word">Member</th></tr></thead>
          <tbody>
            {group.offsets.map((one) => {
              const who = member(one.member);
              return (
                <tr key={`${one.topic}/${one.partition}`} data-lag={`${one.topic}/${one.partition}`}>
                  <th scope="row">{one.topic}</th><td>{one.partition}</td>
                  <td title={one.committed === null ? "nothing was committed yet" : undefined}>{count(one.committed)}</td>
                  <td class={one.lag === 0 ? "zero" : ""} title={one.lag === null ? "not known without a committed offset and the partition's end" : "in offsets"}>{count(one.lag)}</td>
                  <td class="word" title={who?.member}>{who ? `${who.instance || who.client} at ${who.host}` : <span class="muted" title="no member has this partition now">{kUnknown}</span>}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
    </div>
  );
}
