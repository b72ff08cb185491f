// The bars across the page that say why it does not move, and what failed.
import { useState } from "preact/hooks";
import { RequestFailed } from "../api/rest.ts";
import { clockTime, zoneLabel } from "../format/times.ts";
import { second } from "../state/clock.ts";
import { complaint, connection, lastMessageAt, paused, status, stream, togglePause } from "../state/live.ts";
import { route } from "../state/route.ts";

export function StateBars() {
  return <div class="bars" aria-live="polite"><Disconnected /><Paused /><Problems /><Complaint /></div>;
}

function shownTime(ms: number): string {
  const zone = route.value.zone;
  return `${clockTime(ms, zone)} ${zoneLabel(ms, zone)}`;
}

// Showing 14:03:22, retry in 2 s
function Disconnected() {
  const { phase, retryAt, error } = connection.value;
  if (phase === "open" || (phase === "connecting" && lastMessageAt.value === 0)) return null;
  void second.value;
  const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  const what = lastMessageAt.value > 0 ? `Showing ${shownTime(lastMessageAt.value)}` : "The server does not answer";
  return (
    <div class="bar amber" data-bar="disconnected">
      <span><strong>{what}</strong>, {phase === "connecting" ? "connecting …" : <span>retry in {seconds}&nbsp;s</span>}</span>
      {error && <span class="muted">{error.message}{error.hint ? ` — ${error.hint}` : ""}</span>}
      <button type="button" onClick={() => stream.retryNow()}>Retry now</button>
    </div>
  );
}

function Paused() {
  if (paused.value === null) return null;
  return (
    <div class="bar" data-bar="paused">
      <span><strong>Paused</strong> at {shownTime(paused.value)}; events are still taken in.</span>
      <button type="button" onClick={togglePause}>Go live →</button>
    </div>
  );
}

function Problems() {
  const problems = status.value?.problems ?? [];
  if (problems.length === 0) return null;
  return <div class="bar amber" data-bar="problems"><span>{problems.map((text) => <span class="problem" key={text}>{text}</span>)}</span></div>;
}

function Complaint() {
  const error = complaint.value;
  if (!error) return null;
  return (
    <div class="bar red" role="alert"><span><strong>{error.message}</strong> {error.hint}</span>
      <button type="button" onClick={() => { complaint.value = null; }}>Close</button></div>
  );
}

interface FailureProperties {
  what: string; // "The bars of AAPL could not be loaded"
  reason: unknown;
  again?: () => void;
}

// What failed, where, what to do; and a button that copies all of it.
export function Failure({ what, reason, again }: FailureProperties) {
  const [copied, setCopied] = useState(false);
  const failed = reason instanceof RequestFailed ? reason : null;
  const message = failed ? failed.error.message : String(reason);
  const where = failed ? `${failed.where} (${failed.status || "no answer"}, ${failed.error.code})` : "in the page";
  const hint = failed?.error.hint ?? "try again; if it stays, `tickerhouse status` says more";
  const copy = () => {
    void navigator.clipboard.writeText(`${what}\n${message}\nwhere: ${where}\nhint: ${hint}\nversion: ${status.peek()?.version ?? "unknown"}`).then(() => setCopied(true));
  };
  return (
    <div class="failure" role="alert">
      <p><strong>{what}:</strong> {message}</p>
      <p class="muted">{where}</p>
      <p>{hint}</p>
      <p>{again && <button type="button" onClick={again}>Try again</button>} <button type="button" onClick={copy}>{copied ? "Copied" : "Copy"}</button></p>
    </div>
  );
}
