// How it flows, and the proof that nothing is lost on the way.
import { useEffect } from "preact/hooks";
import { BreakIt } from "../components/break_it.tsx";
import { ClusterPanel, clusterPlaceOf } from "../components/cluster.tsx";
import { Flow, scrollToPart } from "../components/flow.tsx";
import { LedgerPanel } from "../components/ledger.tsx";
import { RatePlot } from "../components/rate_plot.tsx";
import { RejectsPanel } from "../components/rejects.tsx";
import { SinksPanel } from "../components/sinks.tsx";
import { placeOf, TopicsPanel } from "../components/topics.tsx";
import { route } from "../state/route.ts";

const kParts: Record<string, string> = { source: "flow", ingest: "rejects", tape: "topics", shards: "flow", sinks: "sinks", live: "flow", ledger: "ledger" };

export function Pipeline() {
  const { part } = route.value;
  useEffect(() => { if (part) scrollToPart(clusterPlaceOf(part) ? "kafka" : placeOf(part) ? "topics" : (kParts[part] ?? "flow")); }, [part]);
  return (
    <div class="pipeline">
      <h1 class="sr">Pipeline</h1>
      <div class="panels"><Flow /><LedgerPanel /><RatePlot /><TopicsPanel /><ClusterPanel /><RejectsPanel /><SinksPanel /></div>
      <BreakIt />
    </div>
  );
}
