"""The trades of `benchmarks/run path`: a file of our own shape in which a batch query has nothing to guess.

In the order of time but for 2 % that are up to 5 s late, which is within the bound: no trade misses its bar. 0.5 % of
the lines come a second time, within 4 s of event time. trade_id grows with the lines, so that a query may break ties
of ts as the order of arrival does.
"""

import random

START_S = 1_741_010_400  # 2025-03-03T14:00:00Z
SPAN_MS = 3_600_000
DAY_MS = 86_400_000
LATE_MS = 5_000
REPEATED_WITHIN_MS = 4_000
CHUNK = 20_000


def write(path, events, symbols, seed):
    """Writes `events` lines, repeated ones included; gives the number of bytes."""
    draw = random.Random(seed)
    uniform = draw.random
    names = [f"S{number:04d}" for number in range(symbols)]
    prices = [10_000 * draw.randint(10, 500) for _ in names]  # at 1e-4
    gap = max(1, int(events / SPAN_MS * REPEATED_WITHIN_MS) - 1)
    clock = [f"{h:02d}:{m:02d}" for h in range(24) for m in range(60)]
    start = START_S * 1000 % DAY_MS
    date = "2025-03-03"
    repeats, lines, written, trade_id = {}, [], 0, 0
    with open(path, "w", encoding="ascii", newline="\n") as out:
        for line in range(events):
            text = repeats.pop(line, None)
            if text is None:
                trade_id += 1
                luck = uniform()
                ms = SPAN_MS * line // events
                if luck < 0.02:
                    ms = max(0, ms - int(luck * 50 * LATE_MS))
                which = int(uniform() * symbols)
                price = prices[which] = max(10_000, prices[which] + int(uniform() * 201) - 100)
                at = start + ms
                second, ms = divmod(at, 1000)
                minute, second = divmod(second, 60)
                text = (f'{{"symbol":"{names[which]}","price":{price // 10_000}.{price % 10_000:04d},"volume":{int(uniform() * 1000) + 1},'
                        f'"ts":"{date}T{clock[minute]}:{second:02d}.{ms:03d}Z","trade_id":"{trade_id}"}}\n')
                if luck > 0.995:
                    repeats.setdefault(line + 1 + int(uniform() * gap), text)
            lines.append(text)
            if len(lines) == CHUNK:
                written += out.write("".join(lines))
                lines.clear()
        written += out.write("".join(lines))
    return written
