// What the server says: docs/api.md, key by key.
import type { Decimal } from "./decimal.ts";

export type Health = "ok" | "gap" | "finished";

export interface WatchRow {
  symbol: string;
  last: Decimal | null;
  last_time: string | null;
  change: Decimal | null;
  change_pct: Decimal | null;
  reference: "previous_close" | "day_open";
  day_open: Decimal | null;
  day_high: Decimal | null;
  day_low: Decimal | null;
  volume: Decimal | null;
  trades: number | null;
  vwap: Decimal | null;
  spark?: Decimal[];
  decimals: number;
  updated_at: string;
  health: Health;
}

export type BarState = "provisional" | "final" | "revised";

export interface Bar {
  symbol: string;
  interval: string;
  window_start: string;
  window_end: string;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  volume: Decimal | null;
  trade_count: number;
  notional: Decimal | null;
  vwap: Decimal | null;
  price_avg: Decimal | null;
  pct_change: Decimal | null;
  open_time: string;
  close_time: string;
  trade_date: string;
  state: BarState;
  revision: number;
  quality: string;
}

export interface Ledger {
  received: number;
  used: number;
  duplicate: number;
  late_revised: number;
  late_kept: number;
  rejected: number;
  cancelled: number;
}

export type StageState = "ok" | "degraded" | "failed" | "idle";

export interface Stage {
  name: string;
  state: StageState;
  word: string;
  number: string;
  detail: string;
  restarts: number;
}

export interface SinkRow {
  name: string;
  topic: string;
  partition: number;
  position: number;
  lag: number;
  state?: StageState;
  restarts?: number;
  last_flush?: string | null;
  error?: string | null;
  gathers?: boolean;
}

// Rows or messages that were deleted before they were read: how many offsets at most, and the last ones.
export interface Lost {
  offsets: number;
  from: number;
  to: number;
  input?: string;
}

export interface SourceRow {
  name: string;
  finished: boolean;
  truncated: boolean;
  watermark: string | null;
  received: number;
  skipped: number;
  rounded: number;
  rejects: Record<string, number>;
  lost?: Lost;
}

export interface Status {
  start_id: string;
  version: string;
  now: string;
  started_at: string;
  uptime_seconds: number;
  restarts: number;
  data: string;
  running: boolean;
  origin: string;
  intervals: string[];
  day_interval: string;
  source_label: { kind: "simulated" | "live" | "replay" | "none"; speed: number | null };
  events_per_second: number;
  stages: Stage[];
  catching_up: number | null;
  oracle: { judged: number; exact: number; first_wrong: string | null } | null;
  total: Ledger;
  ingest: Ledger;
  partitions: (Ledger & { partition: number; waiting: number; id_reused: number; lost?: Lost })[];
  sinks: SinkRow[];
  sources: SourceRow[];
  tape: { bytes_used: number | null; bytes_max: number | null; disk_free_bytes: number; hours_left?: number | null; ingest_paused?: boolean; kind: "lmdb" | "kafka" };
  problems: string[];
}

export interface Notice {
  id: number;
  at: string;
  kind: "late" | "revised" | "rejected" | "gap";
  symbol: string | null;
  interval: string | null;
  window_start: string | null;
  text: string;
  topic: string | null;
  partition: number | null;
  offset: number | null;
  before?: Bar;
  after?: Bar;
}

export interface ApiError {
  code: string;
  message: string;
  hint?: string;
}

export interface Reader {
  name: string;
  position: number;
  lag: number;
}

export interface TopicPartition {
  partition: number;
  first: number;
  next: number;
  newest: string | null;
  readers: Reader[];
}

export interface Topic {
  topic: string;
  partitions: TopicPartition[];
}

export interface Message {
  offset: number;
  value: unknown;
}

export interface ClusterPlace {
  topic: string; // by the cluster's name
  partition: number;
}

export interface ClusterPartition {
  partition: number;
  leader: number | null;
  replicas: number[];
  in_sync: number[];
  first: number | null;
  next: number | null;
}

export interface ReaderGroup {
  group: string;
  state: string;
  protocol: string;
  coordinator: string;
  members: { member: string; instance: string; client: string; host: string; partitions: ClusterPlace[] }[];
  offsets: (ClusterPlace & { committed: number | null; lag: number | null; member: string })[];
}

export interface Cluster {
  cluster: string;
  pipeline: string;
  read_at: string;
  brokers: { id: number; address: string; controller: boolean }[];
  topics: { topic: string; partitions: ClusterPartition[] }[];
  groups: ReaderGroup[];
  groups_left_out: number;
  groups_error: string | null;
}

export interface ClusterMessage {
  offset: number;
  time: string | null;
  key: string | null;
  headers: { name: string; value: string | null }[];
  value: string | null;
  value_bytes: number;
  cut: boolean;
}

export interface ClusterPage {
  first: number;
  end: number;
  messages: ClusterMessage[];
  older: number | null;
  newer: number | null;
}

export interface Reject {
  reason: string;
  source: string;
  position: string;
  ts_recv: string | null;
  raw_base64: string;
}

export interface Placed<T> {
  partition: number;
  offset: number;
  value: T;
}

export type Faults = Record<string, number>;

export interface BarKey {
  symbol: string;
  interval: string;
}

export interface SubscribeRequest {
  watch: boolean;
  bars: BarKey[];
  status: boolean;
  notices: boolean;
}

export type ServerMessage =
  | { type: "hello"; n: number; start_id: string; version: string; protocol: number; now: string; intervals: string[]; day_interval: string; origin: string; symbols: number }
  | { type: "watch"; n: number; full: boolean; now: string; rows: WatchRow[] }
  | { type: "bars"; n: number; full: boolean; symbol: string; interval: string; bars: Bar[] }
  | { type: "status"; n: number; status: Status }
  | { type: "notices"; n: number; full: boolean; notices: Notice[] }
  | { type: "pong"; n: number; id: number }
  | { type: "error"; n: number; error: ApiError };
