"""The trades of `benchmarks/run kafka`: no two engines have anything to guess about them.

`symbols` symbols in turn at random, one trade every 3.6 ms of event time, each up to a second early or late, which is within the
bound of 5 s: none misses its bar. Whole milliseconds, prices of four digits, which doubles hold. The last trades are of symbols that
begin with "~", two in each partition, 10 and 20 minutes later: some engines close a window only when something comes after it.
"""

import datetime
import random

START_MS = 1_767_623_401_000  # 2026-01-05T14:30:01Z
STEP_MS = 3.6
CHUNK = 20_000


def murmur2(data):
    """As Kafka's producers place keys (org.apache.kafka.common.utils.Utils)."""
    m, h = 0x5BD1E995, 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at:at + 4], "little") * m & 0xFFFFFFFF
        k = (k ^ k >> 24) * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ k
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & 0xFFFFFFFF
    h = (h ^ h >> 13) * m & 0xFFFFFFFF
    return h ^ h >> 15


def markers(partitions):
    """A symbol of each partition."""
    found = {}
    for number in range(1000):
        name = f"~{number}"
        found.setdefault((murmur2(name.encode()) & 0x7FFFFFFF) % partitions, name)
    return [found[partition] for partition in range(partitions)]


def write(path, events, symbols, seed, partitions):
    """Writes `events` trades and the markers; gives how many markers there are."""
    draw = random.Random(seed)
    uniform = draw.random
    names = [f"S{number:03d}" for number in range(symbols)]
    prices = [10_000 * draw.randint(10, 500) for _ in names]  # at 1e-4
    seconds = {}

    def line(symbol, price, volume, ms):
        second, rest = divmod(ms, 1000)
        text = seconds.get(second)
        if text is None:
            if len(seconds) > 10:
                seconds.clear()
            text = seconds[second] = datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        return f'{{"symbol":"{symbol}","price":{price // 10_000}.{price % 10_000:04d},"volume":{volume},"ts":"{text}.{rest:03d}Z"}}\n'

    lines = []
    with open(path, "w", encoding="ascii", newline="\n") as out:
        for number in range(events):
            which = int(uniform() * symbols)
            price = prices[which] = max(10_000, prices[which] + int(uniform() * 201) - 100)
            lines.append(line(names[which], price, int(uniform() * 1000) + 1, START_MS + int(number * STEP_MS) + int(uniform() * 2001) - 1000))
            if len(lines) == CHUNK:
                out.write("".join(lines))
                lines.clear()
        end = START_MS + int(events * STEP_MS)
        ends = [(name, end + minutes * 60_000) for minutes in (10, 20) for name in markers(partitions)]
        out.write("".join(lines) + "".join(line(name, 10_000, 1, ms) for name, ms in ends))
    return len(ends)
