"""A long, plain feed, written fast: for kills and for runs that must be equal. The same seed gives the same bytes."""

import random

import generate

NS = generate.NS


def write(path, seed, count, symbols=40):
    """`count` JSON lines with every verdict in them: used, duplicate, late_revised, late_kept, rejected."""
    rng = random.Random(f"feed {seed}")
    names = [f"S{number:03}" for number in range(symbols)]
    prices = [rng.randrange(10**4, 10**6) for _ in names]
    now = generate.DAYS_1970[2024] * generate.DAY + 23 * 3600 * NS            # across a midnight
    step = 3 * 3600 * NS // count
    recent = []
    with open(path, "w", encoding="ascii", newline="") as file:
        for seq in range(1, count + 1):
            now += rng.randrange(2 * step)
            fault, index = rng.random(), rng.randrange(symbols)
            prices[index] = max(1, prices[index] + rng.randrange(-5, 6))
            ts = now
            if fault < 0.05:
                ts -= rng.randrange(5 * NS)
            elif fault < 0.06:
                ts -= 5 * NS + rng.randrange(120 * NS)
            elif fault < 0.063:
                ts -= rng.randrange(600 * NS)
            elif fault < 0.07:
                file.write('{"symbol":"S000","price":-1,"ts":"2024-03-05T23:00:00Z"}\n')
                continue
            elif fault < 0.08 and recent:
                file.write(rng.choice(recent))
                continue
            elif fault < 0.081:
                continue                                                       # a missing number
            volume = "null" if fault > 0.9999 else rng.randrange(1, 500)
            line = (f'{{"symbol":"{names[index]}","price":{prices[index] // 100}.{prices[index] % 100:02},"volume":{volume},'
                    f'"ts":"{generate.iso(ts)}","trade_id":"{seq}","seq":{seq}}}\n')
            file.write(line)
            if len(recent) < 50:
                recent.append(line)
            else:
                recent[seq % 50] = line
