// What the stand-in says of brokers when its tape is on Kafka: two brokers, one of them behind, two groups, and messages whose
// bytes are as foreign as they can be.
import { iso } from "./market.mjs";

export const kHostile = `<img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1</script>\\x00\\x1B[31m`;
export const kLong = `{"text":"${"long ".repeat(1500)}€"}`;
const kCutAt = 4096;

export class FakeCluster {
  constructor(offsets, now) {
    this.offsets = offsets;
    this.now = now;
    this.groups = [
      group("demo", "Stable", [["worker-1", "1", "127.0.0.1", [0, 1]], ["worker-2", "2", "10.0.0.7", [2]]], [[5300, 82], [10449, 0], [null, null], [1800, 71]]),
      group("billing", "Empty", [], [[12, 5370]]),
    ];
    this.groupsError = null;
  }

  topics() {
    return Object.entries(this.offsets()).map(([topic, ends]) => ({
      topic: `demo.${topic}`,
      partitions: ends.map((next, partition) => ({ partition, leader: partition === 3 ? null : 1 + (partition % 2), replicas: [1, 2], in_sync: partition === 2 ? [1] : [1, 2], first: partition === 3 ? null : 0, next: partition === 3 ? null : next })),
    }));
  }

  state() {
    return {
      cluster: "MkU3OEVBNTcwNTJENDM2Qg", pipeline: "demo", read_at: iso(this.now()), brokers: [{ id: 1, address: "kafka1.example.com:9092", controller: true }, { id: 2, address: "kafka2.example.com:9092", controller: false }],
      topics: this.topics(), groups: this.groups, groups_left_out: 3, groups_error: this.groupsError,
    };
  }

  // Every fifth offset is the mark of a transaction: no message.
  message(offset, whole) {
    const odd = new Map([[1, kHostile], [2, kLong], [3, null], [4, ""]]);
    const value = odd.has(offset % 20) ? odd.get(offset % 20) : `{"kind":"trade","symbol":"AAPL","price":157.05,"volume":${10 + offset},"seq":${offset}}`;
    const cut = !whole && value !== null && value.length > kCutAt;
    return {
      offset, time: offset % 20 === 6 ? null : iso(this.now() - 60_000 + offset), key: offset % 20 === 7 ? null : offset % 20 === 8 ? "<b>key</b>" : "AAPL",
      headers: offset % 20 === 9 ? [{ name: "kind", value: "trade" }, { name: "<i>", value: null }] : [{ name: "kind", value: "trade" }],
      value: cut ? value.slice(0, kCutAt) : value, value_bytes: value === null ? 0 : Buffer.byteLength(value), cut,
    };
  }

  page(topic, partition, query) {
    const end = this.offsets()[topic.replace("demo.", "")]?.[partition];
    if (end === undefined) return null;
    const whole = query.get("whole") === "true";
    const limit = whole ? 1 : Number(query.get("limit") ?? 20);
    const all = Array.from({ length: end }, (_, i) => i).filter((i) => i % 5 !== 0 || i === 0);
    const found = (test) => all.findIndex(test);
    let start = Math.max(0, all.length - limit);
    if (query.has("offset")) start = found((i) => i >= Number(query.get("offset")));
    if (query.has("time")) start = found((i) => Date.parse(this.message(i).time ?? 0) >= Date.parse(query.get("time")));
    if (start < 0) start = all.length;
    let stop = start + limit;
    if (query.has("before")) {
      stop = found((i) => i >= Number(query.get("before")));
      start = Math.max(0, stop - limit);
    }
    const shown = all.slice(start, stop);
    return { topic, partition, first: 0, end, messages: shown.map((i) => this.message(i, whole)), older: start > 0 ? (shown[0] ?? end) : null, newer: stop < all.length ? all[stop] : null };
  }
}

function group(name, state, members, offsets) {
  const of = (partition) => members.find(([, , , partitions]) => partitions.includes(partition))?.[0] ?? "";
  return {
    group: name, state, protocol: "classic", coordinator: "kafka1.example.com:9092 (id 1)",
    members: members.map(([member, instance, host, partitions]) => ({ member, instance, client: "tickerhouse", host, partitions: partitions.map((partition) => ({ topic: "demo.events", partition })) })),
    offsets: offsets.map(([committed, lag], partition) => ({ topic: "demo.events", partition, committed, lag, member: of(partition) })),
  };
}
