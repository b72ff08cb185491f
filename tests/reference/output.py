"""What the exports print: section 6 of docs/semantics.md."""

import base64
import json

import exact
import times
import xxh3
from reading import MAX_LINE

BAR_COLUMNS = ("symbol,interval,window_start,window_end,open,high,low,close,volume,trade_count,notional,vwap,price_avg,"
               "pct_change,open_time,close_time,trade_date,state,revision,quality")


def bar_row(bar):
    values = bar.values
    price, size = exact.PRICE_SCALE, exact.SIZE_SCALE
    return ",".join([
        bar.symbol, times.duration_name(bar.interval), times.to_iso(bar.start), times.to_iso(bar.end),
        exact.plain(values.open, price), exact.plain(values.high, price), exact.plain(values.low, price),
        exact.plain(values.close, price), exact.plain(values.volume, size), str(values.trade_count),
        exact.plain(values.notional, exact.NOTIONAL_SCALE), exact.plain(values.vwap, price),
        exact.plain(values.price_avg, price), exact.plain(values.pct_change, exact.PERCENT_SCALE),
        times.to_iso(values.open_time), times.to_iso(values.close_time), times.to_date(bar.start // times.NS_PER_DAY),
        bar.state, str(bar.revision), bar.quality])


def _table(header, rows):
    return "".join(row + "\n" for row in [header, *rows])


def bars_csv(pipeline, intervals=None):
    """The newest revision of every final bar."""
    bars = [window.bars[-1] for window in pipeline.windows.values() if window.bars]
    bars = [bar for bar in bars if intervals is None or bar.interval in intervals]
    bars.sort(key=lambda bar: (bar.symbol.encode(), bar.interval, bar.start))
    return _table(BAR_COLUMNS, map(bar_row, bars))


def emitted_csv(bars):
    """Bars in the order of emission, symbol by symbol (how symbols interleave depends on the partitions)."""
    return _table(BAR_COLUMNS, map(bar_row, sorted(bars, key=lambda bar: bar.symbol.encode())))


def event_line(source, event):
    fields = [("symbol", text(event.symbol))]

    def number(name, value, scale):
        if value is not None:
            fields.append((name, exact.plain(value, scale)))

    if event.kind == "quote":
        number("bid", event.bid, exact.PRICE_SCALE)
        number("ask", event.ask, exact.PRICE_SCALE)
        number("bid_size", event.bid_size, exact.SIZE_SCALE)
        number("ask_size", event.ask_size, exact.SIZE_SCALE)
    else:
        number("price", event.price, exact.PRICE_SCALE)
        if event.kind == "trade" and event.volume is None:
            fields.append(("volume", "null"))
        number("volume", event.volume, exact.SIZE_SCALE)
    fields.append(("ts", text(times.to_iso(event.ts))))
    fields.append(("ts_epoch_ms", str(event.ts // 10**6)))
    fields.append(("kind", text(event.kind)))
    if event.kind == "snapshot":
        fields.append(("volume_kind", text(event.volume_kind)))
        for name in ("open", "high", "low", "prev_close"):
            number(name, getattr(event, name), exact.PRICE_SCALE)
    if event.trade_id is not None:
        fields.append(("trade_id", text(event.trade_id)))
    if event.venue is not None:
        fields.append(("venue", text(event.venue)))
    number("seq", event.seq, 0)
    if event.ts_recv is not None:
        fields.append(("ts_recv", text(times.to_iso(event.ts_recv))))
    fields.append(("source", text(source)))
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields) + "}"


def text(value):
    """A JSON string; escaped is only what must be, the short way where there is one."""
    return json.dumps(value, ensure_ascii=False)


def events_jsonl(events):
    ordered = sorted(events, key=lambda pair: (pair[1].ts, pair[1].symbol.encode(), pair[1].order))
    return "".join(event_line(source, event) + "\n" for source, event in ordered)


def reject_fields(reject):
    """(reason, source, position, ts_recv, kept bytes)"""
    reason = reject.reason
    if reason == "line_too_long":
        reason += f":{len(reject.raw)}:{xxh3.hash128(reject.raw):032x}"
    return reason, reject.source, reject.position, times.to_iso(reject.ts_recv), reject.raw[:MAX_LINE]


def rejects_csv(rejects):
    ordered = sorted(rejects, key=lambda reject: (reject.source.encode(), reject.line, -1 if reject.index is None else reject.index))
    rows = []
    for reject in ordered:
        *columns, raw = reject_fields(reject)
        rows.append(",".join([*map(csv_cell, columns), base64.b64encode(raw).decode()]))
    return _table("reason,source,position,ts_recv,raw_base64", rows)


def csv_cell(value):
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in ',"\r\n') else value


def ledger_json(pipeline):
    return json.dumps({**pipeline.ledger, "skipped": pipeline.skipped, "rounded": pipeline.rounded}) + "\n"
