// What the boxes of the flow drawing say, from the status alone.
import type { StageState, Status } from "../api/types.ts";
import { bytes, count, kUnknown, rate, short } from "../format/numbers.ts";
import { rates, resultRows } from "./live.ts";
import type { RateTrack } from "./rates.ts";

export interface FlowBox {
  name: string; // of the stage, or "results"
  title: string;
  state: StageState | "unknown";
  word: string;
  rate: number | null;
  track: RateTrack;
  total: Amount;
  totalName: string;
  lag: Amount;
  lagName: string;
}

// The boxes are narrow: from a million on three digits or so, and all of them on hover. The ledger has them in full.
export interface Amount {
  text: string;
  exact?: string;
}

const kLong = 1_000_000;

export function amount(value: number | null | undefined): Amount {
  return value !== null && value !== undefined && value >= kLong ? { text: short(value), exact: count(value) } : { text: count(value) };
}

export function waiting(status: Status): number {
  return status.partitions.reduce((sum, one) => sum + one.waiting, 0);
}

export function flowBoxes(status: Status): FlowBox[] {
  const box = (name: string, title: string, track: RateTrack, total: [string, Amount], lag: [string, Amount]): FlowBox => {
    const stage = status.stages.find((one) => one.name === name);
    return {
      name, title, state: stage?.state ?? "unknown", word: stage?.word ?? "", track, rate: track.rate(),
      totalName: total[0], total: total[1], lagName: lag[0], lag: lag[1],
    };
  };
  const lags = status.sinks.filter((sink) => !sink.gathers).map((sink) => sink.lag);
  const results = box("shards", "Result topics", rates.results, ["rows", amount(resultRows(status))], ["topics", { text: "3", exact: "bars, settled, late" }]);
  return [
    { ...box("source", "Source", rates.received, ["received", amount(status.total.received)], ["restarts", amount(restartsOf(status, "source"))]), rate: status.events_per_second },
    box("ingest", "Ingest", rates.tape, ["accepted", amount(status.total.received - status.total.rejected)], ["rejected", amount(status.total.rejected)]),
    box("tape", "Tape", rates.tape, ...tapeSize(status)),
    box("shards", "Shards", rates.used, ["used", amount(status.total.used)], ["waiting", amount(waiting(status))]),
    { ...results, name: "results", word: "" },
    box("sinks", "Sinks", rates.sinks, ["rows", amount(status.sinks.reduce((sum, one) => sum + one.position, 0))], ["lag", amount(Math.max(0, ...lags))]),
    box("live", "Live view", rates.live, ["symbols", amount(null)], ["to screen", amount(null)]),
  ];
}

function tapeSize({ tape }: Status): [[string, Amount], [string, Amount]] {
  if (tape.kind !== "kafka") return [["size", { text: bytes(tape.bytes_used) }], ["of", { text: bytes(tape.bytes_max) }]];
  return [["kept by", { text: "Kafka" }], ["size", { text: kUnknown, exact: "how much room its topics take is known to the brokers" }]];
}

function restartsOf(status: Status, name: string): number {
  return status.stages.find((one) => one.name === name)?.restarts ?? 0;
}

// Edge width: 1 px when nothing flows, one more for each factor of ten.
export function edgeWidth(perSecond: number | null): number {
  return perSecond === null || perSecond <= 0 ? 1 : 1.5 + Math.max(0, Math.log10(perSecond + 1)) * 1.5;
}

export function rateText(value: number | null): string {
  return rate(value);
}
