// Under the top bar on every page: what each stage's probe said last. A click opens that part of the Pipeline page.
import type { Stage } from "../api/types.ts";
import { count } from "../format/numbers.ts";
import { connection, status, watch } from "../state/live.ts";
import { href } from "../state/route.ts";

export const kStages = ["source", "ingest", "tape", "shards", "sinks", "live", "ledger"];
export const kStageTitles: Record<string, string> = {
  source: "Source", ingest: "Ingest", tape: "Tape", shards: "Shards", sinks: "Sinks", live: "Live view", ledger: "Ledger",
};

export function HealthStrip() {
  const stages = status.value?.stages;
  const catching = status.value?.catching_up ?? null;
  return (
    <nav class={`strip ${connection.value.phase === "open" ? "" : "past"}`} aria-label="Health">
      {kStages.map((name) => <StageLink key={name} name={name} stage={stages?.find((one) => one.name === name)} />)}
      {catching !== null && (
        <span class="catching" role="status"><span class="muted">catching up</span> <progress max={1} value={catching} aria-label="catching up" /> {Math.floor(catching * 100)}&nbsp;%</span>
      )}
    </nav>
  );
}

function StageLink({ name, stage }: { name: string; stage: Stage | undefined }) {
  const title = kStageTitles[name] ?? name;
  const symbols = name === "live" && stage ? watch.symbols.value : null; // the live view's one number is the page's own
  const restarts = stage && stage.restarts > 0 ? `, restarted ${stage.restarts} times` : "";
  return (
    <a class="stage" href={href({ page: "pipeline", part: name })} title={stage ? `${title}: ${stage.detail || stage.word}${restarts}` : `${title}: not known yet`}>
      <span class={`dot ${stage?.state ?? "unknown"}`} aria-hidden="true" />
      <span class="stage-name">{name === "live" ? "Live" : title}</span> <span class="word">{stage?.word ?? "—"}</span> <span class="number">{symbols ? `${count(symbols.length)} symbols` : (stage?.number ?? "")}</span>
    </a>
  );
}
