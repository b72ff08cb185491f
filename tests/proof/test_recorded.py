"""The recordings: real markets through the program and through the reference, with the example mappings.

Where the recordings are: TICKERHOUSE_TEST_DATA, by default ../shared/data beside the repository. Without them this is said once, and there is no test.
"""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary
from expected import differences, expect

DATA = pathlib.Path(os.environ.get("TICKERHOUSE_TEST_DATA") or binary.ROOT.parent / "shared" / "data")
MAPPINGS = binary.ROOT / "examples" / "mappings"
BINANCE = ["crypto_trades/binance_spot_BTCUSDT_20240808_ws_raw.gz", "crypto_trades/binance_spot_BTCUSDT_20240809_ws_raw.gz"]

# What their publishers say of them: trades, and the volume of the busiest day's bar (symbol, date, volume).
RECORDINGS = {
    "us_trades_amzn": (["us_trades/AMZN_20120621_nasdaq_executions.csv.gz"], 11419, ("AMZN", "2012-06-21", "810755")),
    "us_trades_aapl_lobster": (["us_trades/AAPL_20120621_nasdaq_messages_first999.csv"], 159, None),
    "mtgox": (["crypto_trades/mtgox_BTCUSD_20130101_trades.csv"], 2331, ("BTC/USD", "2013-01-01", "28168.911463")),
    "bitstamp": (["crypto_trades/bitstamp_BTCUSD_201109_201205_trades.csv.gz"], 9999, None),
    "binance_raw": (BINANCE, 9757 + 10147, None),
}


class Recorded(unittest.TestCase):
    def check(self, name, files, trades, day):
        files = [DATA / file for file in files]
        mapping = MAPPINGS / f"{name}.toml"
        with tempfile.TemporaryDirectory(prefix="recorded") as folder:
            data = pathlib.Path(folder, "data")
            ledger = binary.replay(files, data, "--mapping", mapping)
            self.assertEqual(ledger["received"], trades)
            self.assertEqual(differences(expect(files, mapping_toml=mapping.read_text()), ledger, data), "")
            if day:
                symbol, date, volume = day
                rows = binary.export("bars", data, "csv", "--interval", "1d", "--symbol", symbol).decode().splitlines()[1:]
                self.assertIn((date, volume), [(row.split(",")[16], row.split(",")[8]) for row in rows])
            binary.run("verify", "--data", data)


def _add(name, files, trades, day):
    setattr(Recorded, f"test_{name}", lambda self: self.check(name, files, trades, day))


if DATA.is_dir():
    for _name, (_files, _trades, _day) in RECORDINGS.items():
        _add(_name, _files, _trades, _day)
    for _number, _trades in enumerate((9757, 10147)):       # each Binance file by itself as well
        setattr(Recorded, f"test_binance_raw_file_{_number + 1}", lambda self, n=_number, t=_trades: self.check("binance_raw", BINANCE[n:n + 1], t, None))
else:
    print(f"no recordings at {DATA}: their tests are not registered (set TICKERHOUSE_TEST_DATA)", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
