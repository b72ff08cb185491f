// A stand-in for the program that speaks docs/api.md: deterministic, told what to do by the test. It exists for the states that
// the real one is hard to bring into (errors, slow answers, lost connections, five hundred symbols) and for the pictures. Its
// clock stands still until `tick`.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";
import { FakeCluster } from "./cluster.mjs";
import { csv, iso, Market, random, Raw, write } from "./market.mjs";

export const kNow = Date.parse("2026-11-20T14:03:22Z");
const kDist = process.env.TICKERHOUSE_WEB_DIST ?? new URL("../../../build/web/dist/", import.meta.url).pathname;
const kTypes = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };
export const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const kHeaders = {
  "Content-Security-Policy": kPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
};
const kReasons = [["bad_json", 40], ["bad_price", 47], ["bad_size", 17], ["bad_symbol", 24], ["bad_time", 19], ["missing_price", 5], ["repeated_key", 4], ["unsupported_kind", 5]];
const kStages = [
  ["source", "flowing", "50 /s"], ["ingest", "accepting", "0 waiting"], ["tape", "writing", "1.4 GB"], ["shards", "even", "0 waiting"], ["sinks", "even", "0 behind"],
  ["live", "fresh", ""], ["ledger", "exact", "0 off"],
];

export class FakeServer {
  constructor(options = {}) {
    const { symbols = 10, now = kNow, history, empty = false, token = null, demo = true, decimals, kafka = false } = options;
    this.market = new Market({ symbols: empty ? 0 : symbols, now, history, decimals });
    this.intervals = ["1m", "5m", "15m", "30m", "1h", "1d"];
    this.startId = "8f1c0001";
    this.token = token;
    this.tickets = new Set();
    this.faults = demo ? { late: 0, duplicate: 0, malformed: 0, out_of_order: 0, gap: 0 } : null;
    this.puts = [];
    this.requests = [];
    this.notices = [];
    this.clients = new Set();
    this.statusChange = {};
    this.failing = new Map(); // path → [status, error]
    this.slow = new Map(); // path → promise to wait for
    this.ledger = empty ? counts(0) : counts(20_124, { duplicate: 220, late_revised: 31, late_kept: 4, rejected: 174 });
    this.offsets = { events: [5382, 10449, 4276, 1871], bars: [1618, 1624, 1612, 1606], settled: [1600, 1604, 1596, 1590], late: [1, 3, 0, 0], rejects: [empty ? 0 : 174] };
    if (empty) for (const list of Object.values(this.offsets)) list.fill(0);
    if (!empty && this.market.symbols.length > 0) this.firstNotices();
    this.cluster = kafka ? new FakeCluster(() => this.offsets, () => this.market.now) : null;
    this.server = createServer((request, response) => void this.answer(request, response));
    this.sockets = new WebSocketServer({ noServer: true });
    // The status comes once a second, also while the clock stands: silence would be a broken connection.
    this.heart = setInterval(() => { for (const { wants, say } of this.clients) if (wants?.status) say({ type: "status", status: this.status() }); }, 1000);
    this.server.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
  }

  async listen(port = 0) {
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/`;
    return this.url;
  }

  async close() {
    clearInterval(this.timer);
    clearInterval(this.heart);
    this.disconnect();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  // As a process that ended: nobody listens.
  async stop() {
    this.disconnect();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  async startAgain(startId = "8f1c0002") {
    this.startId = startId;
    await new Promise((done) => this.server.listen(this.port, "127.0.0.1", done));
  }

  disconnect() {
    for (const client of this.clients) client.socket.terminate();
    this.clients.clear();
  }

  // Lets time pass: one event in each of `symbols`, and what the connections are told of it.
  tick(ms = 1000, symbols = this.market.symbols) {
    const { changed, closed } = this.market.advance(ms, symbols);
    this.ledger.received += changed.length;
    this.ledger.used += changed.length;
    this.offsets.events[1] += changed.length;
    this.offsets.bars[1] += closed.length;
    const second = Math.floor(this.market.now / 1000);
    const due = second !== this.toldSecond;
    this.toldSecond = second;
    for (const client of this.clients) this.tell(client, changed, new Set(closed), due);
  }

  tell(client, changed, closed, statusDue) {
    const wants = client.wants;
    if (!wants) return;
    if (wants.watch) client.say({ type: "watch", full: false, now: iso(this.market.now), rows: changed.map((symbol) => this.market.watchRow(symbol, closed.has(symbol))) });
    for (const { symbol, interval } of wants.bars) {
      if (!changed.includes(symbol)) continue;
      const bars = closed.has(symbol) ? this.market.bars(symbol, interval).slice(-1) : [];
      const open = this.market.open(symbol, interval);
      client.say({ type: "bars", full: false, symbol, interval, bars: [...bars, ...(open ? [open] : [])].map((bar) => this.market.barJson(symbol, bar, interval)) });
    }
    if (wants.status && statusDue) client.say({ type: "status", status: this.status() });
  }

  // A message that the page shows at once, paused or hidden: what was sent before it has been heard.
  mark(text) {
    for (const client of this.clients) client.say({ type: "error", error: { code: "mark", message: text, hint: "" } });
  }

  run(everyMs = 100) {
    this.timer = setInterval(() => {
      const all = this.market.symbols;
      const some = all.filter((_, i) => random(i, this.market.ticks) < Math.min(1, 10 / all.length));
      this.market.now = Math.max(this.market.now, Date.now() - everyMs);
      this.tick(Math.max(1, Date.now() - this.market.now), some);
    }, everyMs);
  }

  // A late trade: a revised bar for those who watch it, and a notice.
  revise(symbol, back) {
    const { before, after } = this.market.revise(symbol, back);
    this.ledger.received += 1;
    this.ledger.late_revised += 1;
    this.offsets.bars[1] += 1;
    for (const client of this.clients) {
      const here = client.wants?.bars.some((key) => key.symbol === symbol && key.interval === "1m");
      if (here) client.say({ type: "bars", full: false, symbol, interval: "1m", bars: [after] });
    }
    const time = after.window_start.slice(11, 16);
    this.notice({ kind: "revised", symbol, interval: "1m", window_start: after.window_start, text: `${symbol} 1m ${time} revised: close ${before.close.text} → ${after.close.text}`, topic: "bars", partition: 1, offset: this.offsets.bars[1] - 1, before, after });
    return { before, after };
  }

  notice(notice) {
    const whole = { id: this.notices.length + 1, at: iso(this.market.now), interval: null, window_start: null, ...notice };
    this.notices.unshift(whole);
    for (const client of this.clients) if (client.wants?.notices) client.say({ type: "notices", full: false, notices: [whole] });
  }

  firstNotices() {
    const [a, b, c] = this.market.symbols;
    this.notice({ kind: "rejected", symbol: null, text: "simulator line 19785: bad_price", topic: "rejects", partition: 0, offset: 172 });
    this.notice({ kind: "gap", symbol: a, interval: "1m", window_start: iso(this.market.start + this.market.gapMinute * 60_000), text: `${a} 1m 13:45: events are missing`, topic: "events", partition: 1, offset: 10_212 });
    this.notice({ kind: "late", symbol: b ?? a, text: `${b ?? a} 13:58:04: a trade at 230.12 came too late for its bars`, topic: "late", partition: 1, offset: 2 });
    this.notice({ kind: "rejected", symbol: null, text: "12 more records rejected", topic: null, partition: null, offset: null });
    this.revise(c ?? a, 5);
    this.revise(a, 9);
  }

  upgrade(request, socket, head) {
    const url = new URL(request.url, this.url);
    const allowed = this.token === null || this.tickets.delete(url.searchParams.get("ticket"));
    if (url.pathname !== "/api/v1/stream" || !allowed || this.refusing) return socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
    this.sockets.handleUpgrade(request, socket, head, (ws) => this.connect(ws));
  }

  connect(socket) {
    let count = 0;
    const client = { socket, wants: null, say: (message) => { if (socket.readyState === 1) socket.send(write({ n: ++count, ...message })); } };
    this.clients.add(client);
    socket.on("close", () => this.clients.delete(client));
    socket.on("message", (text) => void this.hear(client, JSON.parse(String(text))));
    client.say({ type: "hello", start_id: this.startId, version: "0.4.0", protocol: 1, now: iso(this.market.now), intervals: this.intervals, day_interval: "1d", origin: "simulated", symbols: this.market.symbols.length });
  }

  async hear(client, message) {
    if (message.type === "ping") return client.say({ type: "pong", id: message.id });
    if (message.type !== "subscribe") return client.say({ type: "error", error: { code: "bad_message", message: `there is no message "${message.type}"` } });
    await this.slow.get("stream");
    client.wants = message;
    if (message.watch) client.say({ type: "watch", full: true, now: iso(this.market.now), rows: this.market.symbols.map((symbol) => this.market.watchRow(symbol, true)) });
    for (const { symbol, interval } of message.bars) {
      if (!this.market.state.has(symbol)) continue;
      const open = this.market.open(symbol, interval);
      const bars = [...this.market.bars(symbol, interval).slice(-60), ...(open ? [open] : [])];
      client.say({ type: "bars", full: true, symbol, interval, bars: bars.map((bar) => this.market.barJson(symbol, bar, interval)) });
    }
    if (message.status) client.say({ type: "status", status: this.status() });
    if (message.notices) client.say({ type: "notices", full: true, notices: this.notices });
  }

  status() {
    const now = iso(this.market.now);
    const quarter = (part, parts) => Object.fromEntries(Object.entries(this.ledger).map(([key, value]) => {
      const whole = key === "rejected" ? 0 : key === "received" ? value - this.ledger.rejected : value;
      return [key, part < parts - 1 ? Math.floor(whole / parts) : whole - Math.floor(whole / parts) * (parts - 1)];
    }));
    const partitions = [0, 1, 2, 3].map((partition) => {
      const part = quarter(partition, 4);
      part.received = part.used + part.duplicate + part.late_revised + part.late_kept + part.rejected + part.cancelled;
      return { partition, ...part, waiting: 0, id_reused: 0 };
    });
    const empty = this.market.symbols.length === 0;
    return {
      start_id: this.startId, version: "0.4.0", now, started_at: iso(kNow - 4_000_000), uptime_seconds: 4000.5, restarts: 0, data: "./data", intervals: this.intervals, day_interval: "1d", running: true, origin: "simulated",
      source_label: { kind: "simulated", speed: null }, events_per_second: empty ? 0 : new Raw("49.800000000000004"), stages: this.stages(), catching_up: null, oracle: { judged: 1284, exact: 1284, first_wrong: null },
      total: { ...this.ledger }, ingest: { ...counts(0), received: this.ledger.rejected, rejected: this.ledger.rejected }, partitions, sinks: this.sinks(now),
      sources: [{ name: "simulator", finished: false, truncated: false, watermark: now, received: this.ledger.received, skipped: 0, rounded: 0, rejects: empty ? {} : Object.fromEntries(kReasons) }],
      tape: this.cluster ? { bytes_used: null, bytes_max: null, disk_free_bytes: 78_394_023_936, kind: "kafka" } : { bytes_used: 1_449_984_000, bytes_max: 2_147_483_648, disk_free_bytes: 78_394_023_936, kind: "lmdb" }, problems: [], ...this.statusChange,
    };
  }

  stages() {
    return kStages.map(([name, word, number]) => ({ name, state: "ok", word, number, detail: "", restarts: 0 }));
  }

  sinks(now) {
    const row = (name, topic, lag = 0) => this.offsets[topic].map((position, partition) => ({ name, topic, partition, position, lag, state: "ok", restarts: 0, last_flush: now, error: null }));
    return [...row("csv", "events"), ...row("csv", "settled"), ...row("duckdb", "rejects"), ...row("duckdb", "bars"), ...row("duckdb", "late"), ...row("parquet", "events"), ...row("parquet", "settled")];
  }

  topics() {
    const newest = iso(this.market.now - 400);
    return Object.entries(this.offsets).map(([topic, ends]) => ({
      topic, partitions: ends.map((next, partition) => ({
        partition, first: 0, next, newest: next > 0 ? newest : null,
        readers: { events: ["shards", "csv", "parquet"], bars: ["duckdb", "live"], settled: ["csv", "parquet"], late: ["duckdb", "live"], rejects: ["duckdb", "live"] }[topic]
          .map((name) => ({ name, position: name === "parquet" ? Math.max(0, next - 38) : next, lag: name === "parquet" ? Math.min(next, 38) : 0 })),
      })),
    }));
  }

  async answer(request, response) {
    const url = new URL(request.url, this.url);
    const { pathname } = url;
    if (!pathname.startsWith("/api/")) return this.file(pathname, response);
    const path = pathname.replace("/api/v1/", "");
    this.requests.push({ method: request.method, path, url: request.url, authorization: request.headers.authorization ?? null });
    await this.slow.get(path);
    const body = await read(request);
    if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`) return this.fail(response, 401, "token_needed", "a token is needed", "open the page with #token=…");
    const failure = this.failing.get(path);
    if (failure) return this.fail(response, ...failure);
    this.route(path, request.method, url.searchParams, body, response);
  }

  route(path, method, query, body, response) {
    const say = (value) => this.say(response, value);
    const place = /^topics\/(\w+)\/(\d+)$/.exec(path);
    if (place) return say(this.messages(place[1], Number(place[2]), Number(query.get("offset") ?? 0), Number(query.get("limit") ?? 500)));
    const of = /^cluster(?:\/([^/]+)\/(\d+))?$/.exec(path);
    if (of && !this.cluster) return this.fail(response, 404, "no_cluster", "the tape of this directory is not on Kafka", "");
    if (of && of[1] === undefined) return say(this.cluster.state());
    if (of) {
      const page = this.cluster.page(decodeURIComponent(of[1]), Number(of[2]), query);
      return page ? say(page) : this.fail(response, 404, "unknown_place", "the pipeline has no such partition", "GET /api/v1/cluster lists them");
    }
    switch (path) {
      case "bars": return this.bars(query, response);
      case "topics": return say({ topics: this.topics() });
      case "rejects": return say({ rejects: this.rejects(query.get("reason")).slice(0, Number(query.get("limit") ?? 500)), next: null });
      case "status": return say(this.status());
      case "symbols": return say({ symbols: this.market.symbols.map((symbol) => ({ symbol, decimals: this.market.decimals })) });
      case "latest": return say({ rows: this.market.symbols.map((symbol) => this.market.watchRow(symbol, true)) });
      case "ticket": return say({ ticket: this.ticket() });
      case "demo":
        if (!this.faults) return this.fail(response, 404, "no_demo", "the source is not the demo's simulator", "");
        if (method === "PUT") {
          this.faults = JSON.parse(body).faults;
          this.puts.push(this.faults);
        }
        return say({ faults: this.faults });
      default: return this.fail(response, 404, "no_route", `there is no route ${path}`, "GET /api/v1/openapi.json lists them");
    }
  }

  bars(query, response) {
    const [symbol, interval] = [query.get("symbol"), query.get("interval")];
    if (!this.market.state.has(symbol)) return this.fail(response, 404, "unknown_symbol", `there is no symbol "${symbol}"`, "GET /api/v1/symbols lists them");
    const from = query.has("from") ? Date.parse(query.get("from")) : -Infinity;
    const to = query.has("to") ? Date.parse(query.get("to")) : Infinity;
    let bars = this.market.bars(symbol, interval).filter((bar) => bar.start >= from && bar.start < to);
    if (query.get("format") === "csv") {
      response.writeHead(200, { ...kHeaders, "Content-Type": "text/csv; charset=utf-8" });
      return response.end(csv(bars.map((bar) => this.market.barJson(symbol, bar, interval))));
    }
    if (query.get("order") === "desc") bars = [...bars].reverse();
    // The server may end a page early, even before its first row.
    const cursor = query.get("cursor");
    const limit = this.emptyPages && cursor === null ? 0 : Math.min(Number(query.get("limit") ?? 500), this.pageMax ?? Infinity);
    const first = Number(cursor ?? 0);
    const end = first + limit;
    return this.say(response, { symbol, interval, bars: bars.slice(first, end).map((bar) => this.market.barJson(symbol, bar, interval)), next: bars.length > end ? String(end) : null });
  }

  messages(topic, partition, offset, limit) {
    const end = this.offsets[topic]?.[partition] ?? 0;
    const messages = [];
    for (let at = offset; at < Math.min(end, offset + limit); at++) messages.push({ offset: at, value: { symbol: this.market.symbols[at % this.market.symbols.length], price: 157.05, volume: 10 + at, seq: at } });
    return { topic, partition, messages, next: offset + limit < end ? offset + limit : null };
  }

  rejects(reason) {
    const raws = ['{"symbol":"AAPL","price":157.19,"volume":{},"ts":"2026-11-20T14:02:00.003Z"}', '{"symbol":"A B","price":246.31}', "\u0000\u0001not a line\t", '{"symbol":"MSFT","price":"n/a","volume":11}', ""];
    const end = this.offsets.rejects[0];
    const all = [];
    for (let offset = end - 1; offset >= 0; offset--) {
      all.push({ partition: 0, offset, value: { reason: kReasons[offset % kReasons.length][0], source: "simulator", position: String(offset * 113 + 4), ts_recv: null, raw_base64: Buffer.from(raws[offset % raws.length]).toString("base64") } });
    }
    return all.filter(({ value }) => !reason || value.reason === reason);
  }

  ticket() {
    const ticket = `t${this.tickets.size + 1}`;
    this.tickets.add(ticket);
    return ticket;
  }

  say(response, value) {
    response.writeHead(200, { ...kHeaders, "Content-Type": "application/json", "Cache-Control": "no-store" });
    response.end(write(value));
  }

  fail(response, status, code, message, hint) {
    response.writeHead(status, { ...kHeaders, "Content-Type": "application/json" });
    response.end(JSON.stringify({ error: { code, message, hint } }));
  }

  async file(pathname, response) {
    try {
      const file = join(kDist, pathname === "/" ? "index.html" : normalize(pathname));
      const body = await readFile(file);
      response.writeHead(200, { ...kHeaders, "Content-Type": kTypes[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404, kHeaders).end();
    }
  }
}

function counts(received, places = {}) {
  const all = { used: 0, duplicate: 0, late_revised: 0, late_kept: 0, rejected: 0, cancelled: 0, ...places };
  const rest = Object.values(all).reduce((sum, value) => sum + value, 0);
  return { received, ...all, used: received === 0 ? 0 : received - rest };
}

function read(request) {
  return new Promise((done) => {
    let text = "";
    request.on("data", (part) => { text += part; });
    request.on("end", () => done(text));
  });
}
