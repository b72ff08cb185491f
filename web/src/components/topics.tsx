// Topics and their partitions: what is kept, how fast it grows, and how far each reader is.
import { useRef } from "preact/hooks";
import { api } from "../api/rest.ts";
import type { Reader, Topic, TopicPartition } from "../api/types.ts";
import { count, kUnknown, rate } from "../format/numbers.ts";
import { age, dateTime, parseTime } from "../format/times.ts";
import { now, second } from "../state/clock.ts";
import { status } from "../state/live.ts";
import { usePoll } from "../state/poll.ts";
import { RateTrack } from "../state/rates.ts";
import { adjust, route } from "../state/route.ts";
import { Failure } from "./bars.tsx";
import { MessageBrowser } from "./messages.tsx";
import { Skeleton } from "./states.tsx";

const kEveryMs = 2_000;

// part of the address: bars/1/42
export function placeOf(part: string | null): { topic: string; partition: number; offset: number | null } | null {
  const match = /^([a-z]+)\/(\d+)(?:\/(\d+))?$/.exec(part ?? "");
  return match ? { topic: match[1]!, partition: Number(match[2]), offset: match[3] === undefined ? null : Number(match[3]) } : null;
}

export function TopicsPanel() {
  const { value, failure, again } = usePoll((signal) => api.topics(signal), kEveryMs, []);
  const tracks = useRef(new Map<string, RateTrack>());
  const at = useRef<unknown>(null);
  if (value && value !== at.current) {
    at.current = value;
    note(tracks.current, value.topics);
  }
  const place = placeOf(route.value.part);
  const partition = value?.topics.find((one) => one.topic === place?.topic)?.partitions.find((one) => one.partition === place?.partition);
  return (
    <section class="panel" id="topics" aria-label="Topics">
      <header><h2>Topics</h2><span class="muted">click a partition to read its messages</span></header>
      {failure !== null && <Failure what="The topics could not be read" reason={failure} again={again} />}
      {!value && failure === null && <Skeleton lines={12} label="Topics" />}
      {value && <Table topics={value.topics} tracks={tracks.current} />}
      {place && <MessageBrowser {...place} end={partition?.next ?? null} first={partition?.first ?? 0} />}
    </section>
  );
}

function note(tracks: Map<string, RateTrack>, topics: Topic[]): void {
  for (const { topic, partitions } of topics) {
    for (const { partition, next } of partitions) {
      const key = `${topic}/${partition}`;
      const track = tracks.get(key) ?? new RateTrack();
      track.add(Date.now(), next);
      tracks.set(key, track);
    }
  }
}

function Table({ topics, tracks }: { topics: Topic[]; tracks: Map<string, RateTrack> }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Topics and partitions">
      <table class="numbers topics">
        <thead><tr><th scope="col">Topic</th><th scope="col">Partition</th><th scope="col">First</th><th scope="col">Next</th><th scope="col">Kept</th><th scope="col">Rate</th><th scope="col">Newest</th><th scope="col" class="word">Readers and their lag</th></tr></thead>
        <tbody>
          {topics.map(({ topic, partitions }) => partitions.map((one, i) => (
            <Row key={`${topic}/${one.partition}`} topic={topic} one={one} first={i === 0} rows={partitions.length} track={tracks.get(`${topic}/${one.partition}`)} />
          )))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProperties {
  topic: string;
  one: TopicPartition;
  first: boolean;
  rows: number;
  track: RateTrack | undefined;
}

function Row({ topic, one, first, rows, track }: RowProperties) {
  void second.value;
  const newest = parseTime(one.newest);
  const part = `${topic}/${one.partition}`;
  return (
    <tr class={first ? "first" : ""} data-partition={part}>
      {first && <th scope="rowgroup" rowSpan={rows}>{topic}</th>}
      <td><button type="button" class="link" onClick={() => adjust({ part })} aria-label={`Read the messages of ${topic}, partition ${one.partition}`}>{one.partition}</button></td>
      <td>{count(one.first)}</td><td>{count(one.next)}</td><td>{count(one.next - one.first)}</td><td>{rate(track?.rate() ?? null)}</td>
      <td title={one.newest === null ? (one.next > one.first ? "its records have no time" : "the partition is empty") : dateTime(newest, route.value.zone)}>{one.newest === null ? kUnknown : age(now() - newest)}</td>
      <td class="word readers">{one.readers.length === 0 ? <span class="muted">nobody</span> : one.readers.map((reader) => <ReaderBar key={reader.name} reader={reader} first={one.first} next={one.next} ill={isIll(reader.name, topic, one.partition)} />)}</td>
    </tr>
  );
}

// A lag alone is none: history files gather rows for minutes.
function isIll(name: string, topic: string, partition: number): boolean {
  const sink = status.value?.sinks.find((one) => one.name === name && one.topic === topic && one.partition === partition);
  return sink?.state === "degraded" || sink?.state === "failed";
}

function ReaderBar({ reader, first, next, ill }: { reader: Reader; first: number; next: number; ill: boolean }) {
  const done = next > first ? Math.max(0, Math.min(1, (reader.position - first) / (next - first))) : 1;
  return (
    <span class={`reader ${reader.lag > 0 ? "behind" : ""} ${ill ? "ill" : ""}`} title={`${reader.name}: at ${count(reader.position)}, ${count(reader.lag)} behind`}>
      <span class="reader-name">{reader.name}</span>
      <svg viewBox="0 0 40 6" role="img" aria-label={`${reader.name}: ${count(reader.lag)} behind`}><rect class="track" width="40" height="6" /><rect class="done" width={40 * done} height="6" /></svg>
      <span class="lag">{count(reader.lag)}</span>
    </span>
  );
}
