// What the engine noticed: late, revised, rejected, gap. Each leads to its bar and to its place on the tape.
import type { Notice } from "../api/types.ts";
import { noticeWords } from "../format/notices.ts";
import { clockTime, parseTime } from "../format/times.ts";
import { notices, watch } from "../state/live.ts";
import { href, route } from "../state/route.ts";
import { Empty, Skeleton } from "./states.tsx";

const kShown = 100;

export function NoticeFeed() {
  const all = notices.value;
  return (
    <section class="notices" aria-label="What the engine noticed">
      <h2>Noticed</h2>
      <div class="notice-box" tabIndex={0} role="region" aria-label="Notices">
        {all === null && <Skeleton lines={8} label="Notices" />}
        {all?.length === 0 && <Empty why="Nothing late, revised, rejected or missing since the start." />}
        <ol>{all?.slice(0, kShown).map((notice) => <Row key={notice.id} notice={notice} />)}</ol>
      </div>
    </section>
  );
}

function Row({ notice }: { notice: Notice }) {
  const ms = parseTime(notice.at);
  return (
    <li class={`notice ${notice.kind}`} data-notice={notice.id}>
      <time class="muted">{clockTime(ms, route.value.zone)}</time>
      <span class={`kind ${notice.kind}`}>{notice.kind}</span>
      <span class="text" title={notice.text}><ChartLink notice={notice} /></span>
      {notice.topic !== null && notice.partition !== null && notice.offset !== null && (
        <a class="place" href={href({ page: "pipeline", part: `${notice.topic}/${notice.partition}/${notice.offset}` })} title={`${notice.topic}/${notice.partition}@${notice.offset}, on the tape`} aria-label={`the record on the tape: ${notice.topic} ${notice.partition}, offset ${notice.offset}`}>@{notice.offset}</a>
      )}
    </li>
  );
}

function ChartLink({ notice }: { notice: Notice }) {
  const text = noticeWords(notice, route.value.zone, watch.peek(notice.symbol ?? "")?.data.decimals ?? 2);
  if (!notice.symbol || notice.kind === "rejected") return <>{text}</>;
  const to = href({ page: "charts", symbol: notice.symbol, interval: notice.interval, at: notice.window_start });
  return <a href={to}>{text}</a>;
}
