// The messages of one partition as they lie in the cluster. They are foreign bytes: the server has made text of them, and
// here they only ever become text nodes.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type MessagesFrom } from "../api/rest.ts";
import type { Cluster, ClusterMessage, ClusterPlace } from "../api/types.ts";
import { beginning } from "../format/bytes.ts";
import { bytes, count, kUnknown } from "../format/numbers.ts";
import { dateTime, parseTime, zoneLabel } from "../format/times.ts";
import { usePoll } from "../state/poll.ts";
import { adjust, route } from "../state/route.ts";
import { Failure } from "./bars.tsx";
import { partOf } from "./cluster.tsx";
import { Empty, Skeleton } from "./states.tsx";

const kPage = 20;
const kShown = 600; // characters of a value before "Show all"

interface Properties {
  place: ClusterPlace;
  offset: number | null; // null: the newest
  topics: Cluster["topics"] | null;
}

export function ClusterMessages({ place, offset, topics }: Properties) {
  const [from, setFrom] = useState<MessagesFrom>(offset === null ? {} : { offset });
  const { value, failure, again } = usePoll((signal) => api.clusterMessages(place, from, kPage, signal), null, [from]);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.focus({ preventScroll: true });
    box.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const name = `${place.topic}, partition ${place.partition}`;
  return (
    <section class="messages cluster-messages" ref={box} tabIndex={-1} aria-label={`Messages of ${name}`} data-place={`${place.topic}/${place.partition}`}>
      <div class="toolbar">
        <Places place={place} topics={topics} />
        <button type="button" onClick={() => setFrom({ offset: 0 })}>First</button>
        <button type="button" onClick={() => setFrom({ before: value!.older! })} disabled={!value || value.older === null}>← Older</button>
        <button type="button" onClick={() => setFrom({ offset: value!.newer! })} disabled={!value || value.newer === null}>Newer →</button>
        <button type="button" onClick={() => setFrom({})}>Newest</button>
        <Starts setFrom={setFrom} />
        <span class="fill" />
        <button type="button" class="close" aria-label="Close the messages" onClick={() => adjust({ part: null })}>×</button>
      </div>
      {failure !== null && <Failure what={`The messages of ${name} could not be read`} reason={failure} again={again} />}
      {!value && failure === null && <Skeleton lines={6} label="Messages" />}
      {value?.messages.length === 0 && <Empty why={value.end === 0 ? "Nothing has been written here yet." : `No message here: the partition holds offsets ${count(value.first)} to ${count(value.end)}.`} />}
      <ol tabIndex={0} aria-label={`Messages of ${name}`} class={failure !== null ? "stale" : ""}>
        {value?.messages.map((one) => <Message key={one.offset} place={place} one={one} wanted={one.offset === offset} />)}
      </ol>
    </section>
  );
}

function Places({ place, topics }: { place: ClusterPlace; topics: Cluster["topics"] | null }) {
  const partitions = topics?.find((one) => one.topic === place.topic)?.partitions.map((one) => one.partition) ?? [place.partition];
  return (
    <>
      <label>topic <select value={place.topic} onChange={(event) => adjust({ part: partOf({ topic: event.currentTarget.value, partition: 0 }) })}>
        {(topics?.map((one) => one.topic) ?? [place.topic]).map((one) => <option key={one} value={one}>{one}</option>)}
      </select></label>
      <label>partition <select value={place.partition} onChange={(event) => adjust({ part: partOf({ ...place, partition: Number(event.currentTarget.value) }) })}>
        {partitions.map((one) => <option key={one} value={one}>{one}</option>)}
      </select></label>
    </>
  );
}

// From an offset, or from the first message that is not older than a time.
function Starts({ setFrom }: { setFrom(from: MessagesFrom): void }) {
  return (
    <>
      <label>offset <input type="text" inputMode="numeric" class="offset" onChange={(event) => { if (/^\d{1,15}$/.test(event.currentTarget.value)) setFrom({ offset: Number(event.currentTarget.value) }); }} /></label>
      <label>time (UTC) <input type="datetime-local" step="1" onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }}
        onBlur={(event) => { if (event.currentTarget.value) setFrom({ time: utc(event.currentTarget.value) }); }} /></label>
    </>
  );
}

// "2026-11-20T14:03" → "2026-11-20T14:03:00Z"
export function utc(local: string): string {
  return `${local.length === 16 ? `${local}:00` : local}Z`;
}

interface MessageProperties {
  place: ClusterPlace;
  one: ClusterMessage;
  wanted: boolean;
}

function Message({ place, one, wanted }: MessageProperties) {
  const zone = route.value.zone;
  const at = parseTime(one.time);
  return (
    <li class={wanted ? "wanted" : ""} data-offset={one.offset}>
      <p class="about">
        <span class="place">{count(one.offset)}</span>
        <time title={one.time ?? "it bears no time"}>{one.time === null ? kUnknown : `${dateTime(at, zone)} ${zoneLabel(at, zone)}`}</time>
        <span>{one.key === null ? <i class="muted">no key</i> : <><span class="muted">key</span> <code class="key-text">{one.key}</code></>}</span>
        {one.headers.map(({ name, value }, i) => <span key={i} class="header-text"><code>{name}</code>={value === null ? <i class="muted">null</i> : <code>{value}</code>}</span>)}
      </p>
      <Value key={one.offset} place={place} one={one} />
    </li>
  );
}

function Value({ place, one }: { place: ClusterPlace; one: ClusterMessage }) {
  const [open, setOpen] = useState(false);
  const [whole, setWhole] = useState<string | null>(one.cut ? null : one.value);
  const [failure, setFailure] = useState<unknown>(null);
  if (one.value === null) return <p class="value"><i class="muted">no value: a tombstone</i></p>;
  const show = async () => {
    setOpen(true);
    if (whole !== null) return;
    try {
      const found = await api.wholeMessage(place, one.offset);
      setFailure(null);
      if (found) setWhole(found.value);
    } catch (reason) {
      setOpen(false);
      setFailure(reason);
    }
  };
  const short = beginning(one.value, kShown);
  const more = one.cut || short.length < one.value.length;
  return (
    <div class="value">
      {one.value === "" ? <i class="muted">empty</i> : <code>{open ? (whole ?? one.value) : short}{more && !open ? "…" : ""}</code>}
      {more && <> <button type="button" class="link" aria-expanded={open} onClick={() => { if (open) setOpen(false); else void show(); }}>{open ? "Show less" : `Show all ${bytes(one.value_bytes)}`}</button></>}
      {failure !== null && <Failure what="The whole message could not be read" reason={failure} />}
    </div>
  );
}
