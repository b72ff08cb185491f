#!/usr/bin/env python3
"""Values of every type of Avro, written by fastavro, with the JSON text that src/formats/avro/avro_schema.h promises for
them, told here once more in Python. Prints them as JSON; kept in avro_vectors.json, which avro_test.cc reads.

usage: avro_vectors.py > tests/formats/avro_vectors.json
"""

import datetime
import decimal
import io
import json
import math
import random
import struct
import sys

import fastavro

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
RECORD = {
    "type": "record", "name": "Trade", "namespace": "market.feed", "fields": [
        {"name": "symbol", "type": "string"},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4}},
        {"name": "size", "type": ["null", "long"], "default": None},
        {"name": "side", "type": {"type": "enum", "name": "Side", "symbols": ["BUY", "SELL", "NONE"]}},
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "venue", "type": {"type": "record", "name": "Venue", "fields": [
            {"name": "mic", "type": {"type": "fixed", "name": "Mic", "size": 4}}, {"name": "lit", "type": "boolean"}]}},
        {"name": "conditions", "type": {"type": "array", "items": "string"}},
        {"name": "tags", "type": {"type": "map", "values": ["null", "int", "Side"]}},
        {"name": "other", "type": ["null", "Venue"]},
        {"name": "opposite", "type": "Side"},
    ],
}  # fmt: skip
CHAIN = {"type": "record", "name": "Chain", "fields": [{"name": "n", "type": "int"}, {"name": "next", "type": ["null", "Chain"]}]}


def narrowed(number):
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.inf


def shortest(number, bits):
    """As C++'s std::to_chars: the fewest digits that read back the same, in the shorter of both notations."""
    if math.isnan(number) or math.isinf(number):
        return '"NaN"' if math.isnan(number) else '"inf"' if number > 0 else '"-inf"'
    text = repr(number)
    if bits == 32:
        text = next(text for p in range(1, 10) if narrowed(float(text := f"{number:.{p}g}")) == number)
    sign, digits, exponent = decimal.Decimal(text).as_tuple()
    if not any(digits):
        return "-0" if sign else "0"
    while digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    plain = format(decimal.Decimal((0, digits, exponent)), "f")
    power = exponent + len(digits) - 1
    whole = "".join(map(str, digits))
    scientific = whole[0] + ("." + whole[1:] if len(whole) > 1 else "") + f"e{'-' if power < 0 else '+'}{abs(power):02d}"
    return ("-" if sign else "") + (plain if len(plain) <= len(scientific) else scientific)


def text_of(moment, local=False):
    whole = moment.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return json.dumps(whole + fraction + ("" if local else "Z"))


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def expected_record(value):
    venue = lambda v: f'{{"mic":{quoted(v["mic"].decode("latin-1"))},"lit":{"true" if v["lit"] else "false"}}}'
    price = value["price"].normalize()
    tags = ",".join(f"{quoted(k)}:{'null' if v is None else v if isinstance(v, int) else quoted(v)}" for k, v in value["tags"].items())
    return (
        f'{{"symbol":{quoted(value["symbol"])},"price":{price:f},"size":{"null" if value["size"] is None else value["size"]},'
        f'"side":"{value["side"]}","ts":{text_of(value["ts"])},"venue":{venue(value["venue"])},'
        f'"conditions":[{",".join(map(quoted, value["conditions"]))}],"tags":{{{tags}}},'
        f'"other":{"null" if value["other"] is None else venue(value["other"])},"opposite":"{value["opposite"]}"}}'
    )


def random_record(draw):
    venue = lambda: {"mic": bytes(draw.randrange(256) for _ in range(4)), "lit": draw.random() < 0.5}
    return {
        "symbol": "".join(draw.choice('ABCXYZ.-"\\é𝄞\n') for _ in range(draw.randrange(1, 9))),
        "price": decimal.Decimal(draw.randrange(-(10**9), 10**12)).scaleb(-4),
        "size": draw.choice([None, 0, 1, -1, 63, 64, -64, -65, 2**63 - 1, -(2**63), draw.randrange(10**9)]),
        "side": draw.choice(["BUY", "SELL", "NONE"]),
        "ts": EPOCH + datetime.timedelta(microseconds=draw.randrange(4 * 10**15)),
        "venue": venue(),
        "conditions": ["".join(draw.choice("@FTI ") for _ in range(draw.randrange(4))) for _ in range(draw.randrange(4))],
        "tags": {f"k{i}": draw.choice([None, draw.randrange(-(2**31), 2**31), "SELL"]) for i in range(draw.randrange(3))},
        "other": draw.choice([None, venue()]),
        "opposite": "SELL",
    }


def plain_cases():
    yield "null", None, "null"
    for value in (True, False):
        yield "boolean", value, "true" if value else "false"
    for value in (0, -1, 1, 2**31 - 1, -(2**31)):
        yield "int", value, str(value)
    for value in (0, 2**63 - 1, -(2**63)):
        yield "long", value, str(value)
    for value in (0.0, -0.0, 0.1, 1.5, 1e-9, 123456.789, 1e21, 1e22, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf):
        yield "double", value, shortest(value, 64)
    for value in (0.1, 3.25, 1e-9, 16777216.0, 3.4028234663852886e38, math.nan):
        narrow = narrowed(value)
        yield "float", narrow, shortest(narrow, 32)
    yield "bytes", b"\x00a\xff", '"\\u0000a\xff"'
    yield "string", "", '""'
    moment = datetime.datetime(2026, 1, 5, 14, 30, 0, 250000, tzinfo=UTC)
    for unit in ("millis", "micros"):
        yield {"type": "long", "logicalType": f"timestamp-{unit}"}, moment, text_of(moment)
        yield {"type": "long", "logicalType": f"local-timestamp-{unit}"}, moment.replace(tzinfo=None), text_of(moment, True)
    yield {"type": "int", "logicalType": "date"}, moment.date(), '"2026-01-05"'
    yield {"type": "int", "logicalType": "time-millis"}, datetime.time(0, 0, 1), "1000"
    yield {"type": "string", "logicalType": "uuid"}, "6f1d8e02-7d4b-4a35-9f4f-0c7e9a9f3f10", '"6f1d8e02-7d4b-4a35-9f4f-0c7e9a9f3f10"'
    for text in ("0.00", "-0.01", "123456789012345678901234567890.12", "-99.9"):
        value = decimal.Decimal(text)
        shown = format(value, "f").rstrip("0").rstrip(".") if "." in text else text
        for plain in ({"type": "bytes"}, {"type": "fixed", "name": "F", "size": 15}):
            yield {**plain, "logicalType": "decimal", "precision": 32, "scale": 2}, value, shown
    yield {"type": "array", "items": {"type": "array", "items": "int"}}, [[], [1, 2], [3]], "[[],[1,2],[3]]"
    yield CHAIN, {"n": 1, "next": {"n": 2, "next": None}}, '{"n":1,"next":{"n":2,"next":null}}'


def written(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue().hex()


def vectors():
    draw = random.Random(11)
    records = [random_record(draw) for _ in range(40)]
    cases = [*plain_cases(), *((RECORD, record, expected_record(record)) for record in records)]
    return [{"schema": json.dumps(schema), "bytes": written(schema, value), "json": text} for schema, value, text in cases]


if __name__ == "__main__":
    json.dump(vectors(), sys.stdout, indent=1)
    print()
