// A made-up market for the fake server: the same numbers on every run. Prices are whole ticks, so their text is exact.

export const kMinute = 60_000;
const kNames = ["AAPL", "AMZN", "BRK.B", "GOOG", "INTC", "META", "MSFT", "NFLX", "NVDA", "TSLA"];

export function symbolNames(count) {
  const names = kNames.slice(0, count);
  for (let i = 0; names.length < count; i++) names.push(`SYM${String(i).padStart(3, "0")}`);
  return names.sort();
}

// A number in [0, 1) from two whole numbers.
export function random(seed, n) {
  let x = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

// Fixed decimals without trailing zeros, as the program writes numbers.
export function decimal(units, scale) {
  const sign = units < 0 ? "-" : "";
  const digits = String(Math.abs(Math.round(units))).padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return sign + (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

// JSON in which a Raw is written as it is: numbers that no double holds.
export class Raw {
  constructor(text) { this.text = text; }
  toJSON() { return `\u0001${this.text}\u0001`; }
}
export const write = (value) => JSON.stringify(value).replace(/"\\u0001(.*?)\\u0001"/g, "$1");
const n = (units, scale) => new Raw(decimal(units, scale));

export const iso = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");

export class Market {
  // `now`: where the market begins; it has `history` minutes behind it.
  constructor({ symbols = 10, now, history = 24 * 60, decimals = 2 }) {
    this.symbols = symbolNames(symbols);
    this.decimals = decimals;
    this.now = now;
    this.start = Math.floor(now / kMinute) * kMinute - history * kMinute;
    this.ticks = 0;
    this.state = new Map(this.symbols.map((symbol, seed) => [symbol, this.begin(seed, history)]));
  }

  begin(seed, history) {
    const state = { seed, price: 2000 + Math.floor(random(seed, 7) * 40000), bars: [], forming: null, trades: 0, updated: this.now, health: "ok", moved: 0 };
    for (let minute = 0; minute < history; minute++) {
      const at = this.start + minute * kMinute;
      // Some windows of one symbol have no trade, a stretch of another one's events is missing.
      if (seed === 2 && minute % 60 > 53) continue;
      if (seed === 0 && minute > history - 22 && minute <= history - 19) continue;
      this.minute(state, at, minute);
    }
    return state;
  }

  minute(state, at, minute) {
    const { seed } = state;
    const bar = { start: at, open: state.price, high: state.price, low: state.price, close: state.price, volume: 0, trades: 0, revision: 0, quality: "", state: "final" };
    const trades = 6 + Math.floor(random(seed, minute * 3) * 20);
    for (let i = 0; i < trades; i++) this.trade(state, bar, minute * 64 + i);
    if (seed === 0 && minute === this.gapMinute) bar.quality = "gap";
    state.bars.push(bar);
  }

  get gapMinute() { return Math.floor((this.now - this.start) / kMinute) - 18; }

  trade(state, bar, key) {
    const step = Math.round((random(state.seed, key) - 0.5) * Math.max(2, state.price * 0.0006));
    state.price = Math.max(100, state.price + step);
    bar.close = state.price;
    bar.high = Math.max(bar.high, state.price);
    bar.low = Math.min(bar.low, state.price);
    bar.volume += 1_000_000 + Math.floor(random(state.seed, key + 1) * 900_000_000);
    bar.trades += 1;
    state.trades += 1;
  }

  // One event in each of `symbols`; closes windows that are over. Returns {changed, closed}.
  advance(ms, symbols = this.symbols) {
    this.now += ms;
    this.ticks += 1;
    const closed = [];
    for (const symbol of symbols) {
      const state = this.state.get(symbol);
      const start = Math.floor(this.now / kMinute) * kMinute;
      if (state.forming && state.forming.start < start) {
        state.bars.push({ ...state.forming, state: "final" });
        closed.push(symbol);
        state.forming = null;
      }
      state.forming ??= { start, open: state.price, high: state.price, low: state.price, close: state.price, volume: 0, trades: 0, revision: 0, quality: "", state: "provisional" };
      this.trade(state, state.forming, 1e6 + this.ticks);
      state.updated = this.now;
    }
    return { changed: symbols, closed };
  }

  // A late trade changes a closed bar. Returns its JSON before and after.
  revise(symbol, back = 3) {
    const { bars } = this.state.get(symbol);
    const bar = bars[bars.length - back];
    const before = this.barJson(symbol, bar, "1m");
    bar.close += 5;
    bar.high = Math.max(bar.high, bar.close);
    bar.volume += 1_000_000;
    bar.trades += 1;
    bar.revision += 1;
    bar.state = "revised";
    bar.quality = "late";
    return { before, after: this.barJson(symbol, bar, "1m"), bar };
  }

  bars(symbol, interval) {
    const state = this.state.get(symbol);
    if (interval === "1m") return state.bars;
    const length = this.lengthOf(interval);
    const groups = new Map();
    for (const bar of state.bars) {
      const start = Math.floor(bar.start / length) * length;
      if (start + length > this.now) continue;
      groups.set(start, [...(groups.get(start) ?? []), bar]);
    }
    return [...groups].map(([start, parts]) => fold(start, parts, "final"));
  }

  open(symbol, interval) {
    const state = this.state.get(symbol);
    if (interval === "1m") return state.forming;
    const length = this.lengthOf(interval);
    const start = Math.floor(this.now / length) * length;
    const parts = [...state.bars.slice(-1500).filter((bar) => bar.start >= start), ...(state.forming ? [state.forming] : [])];
    return parts.length > 0 ? fold(start, parts, "provisional") : null;
  }

  lengthOf(interval) { return { "1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "1d": 1440 }[interval] * kMinute; }

  barJson(symbol, bar, interval) {
    const end = bar.start + this.lengthOf(interval);
    const d = this.decimals;
    const average = Math.round((bar.open + bar.close) / 2) * 10 ** (9 - d) + 123_457;
    return {
      symbol, interval, window_start: iso(bar.start), window_end: iso(end), open: n(bar.open, d), high: n(bar.high, d), low: n(bar.low, d), close: n(bar.close, d),
      volume: n(bar.volume, 6), trade_count: bar.trades, notional: new Raw(`${Math.floor((bar.volume / 1e6) * (average / 1e9))}.${String(bar.volume).padStart(9, "7").slice(0, 9)}`),
      vwap: n(average, 9), price_avg: n(average, 9), pct_change: n(Math.round(((bar.close - bar.open) / bar.open) * 1e8), 6),
      open_time: iso(bar.start + 312).replace("Z", bar.start % 1000 === 0 ? "592287Z" : "Z"), close_time: iso(end - 1400), trade_date: iso(bar.start).slice(0, 10),
      state: bar.state, revision: bar.revision, quality: bar.quality,
    };
  }

  watchRow(symbol, withSpark) {
    const state = this.state.get(symbol);
    const today = Math.floor(this.now / 86_400_000) * 86_400_000;
    const day = [...state.bars.filter((bar) => bar.start >= today), ...(state.forming ? [state.forming] : [])];
    const before = state.bars.findLast((bar) => bar.start < today);
    const whole = day.length > 0 ? fold(today, day, "provisional") : null;
    const reference = before ? before.close : whole?.open;
    const change = reference === undefined ? null : state.price - reference;
    const d = this.decimals;
    const row = {
      symbol, last: n(state.price, d), last_time: iso(state.updated), change: change === null ? null : n(change, d), change_pct: change === null ? null : n(Math.round((change / reference) * 1e4), 2),
      reference: before ? "previous_close" : "day_open", day_open: whole ? n(whole.open, d) : null, day_high: whole ? n(whole.high, d) : null, day_low: whole ? n(whole.low, d) : null,
      volume: whole ? n(whole.volume, 6) : null, trades: whole?.trades ?? null, vwap: whole ? n(Math.round((whole.high + whole.low) / 2) * 10 ** (9 - d) + 123_457, 9) : null,
      decimals: d, updated_at: iso(state.updated), health: state.health,
    };
    if (withSpark) row.spark = state.bars.slice(-60).map((bar) => n(bar.close, d));
    return row;
  }
}

function fold(start, parts, state) {
  return {
    start, state, revision: 0, quality: [...new Set(parts.map((bar) => bar.quality).filter(Boolean))].join("|"), open: parts[0].open, close: parts.at(-1).close,
    high: Math.max(...parts.map((bar) => bar.high)), low: Math.min(...parts.map((bar) => bar.low)),
    volume: parts.reduce((sum, bar) => sum + bar.volume, 0), trades: parts.reduce((sum, bar) => sum + bar.trades, 0),
  };
}

const kHeader = "symbol,interval,window_start,window_end,open,high,low,close,volume,trade_count,notional,vwap,price_avg,pct_change,open_time,close_time,trade_date,state,revision,quality";
export function csv(bars) {
  const cell = (value) => (value === null ? "" : value instanceof Raw ? value.text : String(value));
  return [kHeader, ...bars.map((bar) => kHeader.split(",").map((key) => cell(bar[key])).join(","))].join("\n") + "\n";
}
