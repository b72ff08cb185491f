// The messages of one partition, by offset.
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/rest.ts";
import { count } from "../format/numbers.ts";
import { usePoll } from "../state/poll.ts";
import { adjust } from "../state/route.ts";
import { Failure } from "./bars.tsx";
import { Empty, Skeleton } from "./states.tsx";

const kPage = 20;

interface Properties {
  topic: string;
  partition: number;
  offset: number | null; // null: the newest
  first: number;
  end: number | null;
}

export function MessageBrowser({ topic, partition, offset, first, end }: Properties) {
  const newest = end === null ? null : Math.max(first, end - kPage);
  const [at, setAt] = useState<number | null>(offset);
  useEffect(() => setAt(offset), [topic, partition, offset]);
  // The newest page is looked up once: it does not run away under the reader.
  useEffect(() => { if (at === null && newest !== null) setAt(newest); }, [at, newest]);
  const { value, failure, again } = usePoll((signal) => (at === null ? Promise.resolve(null) : api.messages(topic, partition, at, kPage, signal)), null, [topic, partition, at]);
  const go = (to: number) => setAt(Math.max(first, Math.min(to, newest ?? to)));
  return (
    <div class="messages" data-place={`${topic}/${partition}`}>
      <div class="toolbar">
        <strong>{topic}/{partition}</strong>
        <button type="button" onClick={() => go(first)}>First</button>
        <button type="button" onClick={() => go((at ?? first) - kPage)} disabled={(at ?? 0) <= first}>← Older</button>
        <button type="button" onClick={() => go((at ?? first) + kPage)} disabled={newest === null || (at ?? 0) >= newest}>Newer →</button>
        <button type="button" onClick={() => { if (newest !== null) setAt(newest); }}>Newest</button>
        <label>offset <input type="text" inputMode="numeric" class="offset" value={at ?? ""} onChange={(event) => { if (/^\d+$/.test(event.currentTarget.value)) go(Number(event.currentTarget.value)); }} /></label>
        <span class="fill" />
        <button type="button" aria-label="Close the messages" onClick={() => adjust({ part: null })}>×</button>
      </div>
      {failure !== null && <Failure what={`The messages of ${topic}/${partition} could not be read`} reason={failure} again={again} />}
      {!value && failure === null && <Skeleton lines={6} label="Messages" />}
      {value?.messages.length === 0 && <Empty why={`Nothing at or after offset ${count(at)}.`} />}
      <ol tabIndex={0} aria-label={`Messages of ${topic}, partition ${partition}`}>
        {value?.messages.map((message) => (
          <li key={message.offset} class={message.offset === offset ? "wanted" : ""} data-offset={message.offset}><span class="muted">{count(message.offset)}</span><code>{JSON.stringify(message.value)}</code></li>
        ))}
      </ol>
    </div>
  );
}
