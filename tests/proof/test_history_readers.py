"""History files as pyarrow, pandas and DuckDB read them, against what the reference says came and was settled.

    TICKERHOUSE_BIN=build/release/tickerhouse build/deps/python/bin/python tests/proof/test_history_readers.py
"""

import datetime
import decimal
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import duckdb
import pandas
import pyarrow
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet

import binary
import feed
import generate
import history
from expected import expect

import exact
import output
import times

SEEDS = (0, 3, 5, 7)                      # all kinds of records, several dates, hostile names; plain settings and odd ones
decimal.getcontext().prec = 60            # more than any number here has
EPOCH = datetime.datetime(1970, 1, 1)
PRICE, SIZE = pyarrow.decimal128(19, 9), pyarrow.decimal128(19, 6)
SUM, NOTIONAL = pyarrow.decimal128(38, 6), pyarrow.decimal128(38, 15)
TEXT, TIME, NANOS = pyarrow.string(), pyarrow.timestamp("us"), pyarrow.int64()
TYPES = {
    "bars": dict(symbol=TEXT, interval=TEXT, interval_ns=NANOS, window_start=TIME, window_end=TIME, window_start_ns=NANOS, window_end_ns=NANOS, open=PRICE,
                 high=PRICE, low=PRICE, close=PRICE, volume=SUM, trade_count=NANOS, notional=NOTIONAL, vwap=PRICE, price_avg=PRICE, pct_change=SUM,
                 open_time=TIME, close_time=TIME, open_time_ns=NANOS, close_time_ns=NANOS, trade_date=pyarrow.date32(), state=TEXT,
                 revision=pyarrow.int32(), quality=TEXT),
    "events": dict(symbol=TEXT, kind=TEXT, ts=TIME, ts_ns=NANOS, price=PRICE, volume=SIZE, bid=PRICE, ask=PRICE, bid_size=SIZE, ask_size=SIZE,
                   volume_kind=TEXT, open=PRICE, high=PRICE, low=PRICE, prev_close=PRICE, trade_id=TEXT, venue=TEXT, seq=pyarrow.int64(), ts_recv=TIME,
                   ts_recv_ns=NANOS, source=TEXT),
}
CSV_COLUMNS = {
    "bars": output.BAR_COLUMNS.split(","),
    "events": "symbol price volume bid ask bid_size ask_size ts ts_epoch_ms kind volume_kind open high low prev_close trade_id venue seq ts_recv source".split(),
}


def number(units, scale):
    return None if units is None else decimal.Decimal(units).scaleb(-scale)


def moment(ns):
    return None if ns is None else EPOCH + datetime.timedelta(microseconds=ns // 1000)


def date_of(ns):
    return moment(ns).date()


def event_row(source, event):
    """A row of Parquet, from the reference's record; the hive column last."""
    quote = event.kind == "quote"
    prices = [number(getattr(event, name), 9) for name in ("open", "high", "low", "prev_close")]
    return (event.symbol, event.kind, moment(event.ts), event.ts, None if quote else number(event.price, 9), None if quote else number(event.volume, 6),
            number(event.bid, 9), number(event.ask, 9), number(event.bid_size, 6), number(event.ask_size, 6),
            event.volume_kind if event.kind == "snapshot" else None, *prices, event.trade_id, event.venue, event.seq, moment(event.ts_recv), event.ts_recv,
            source, date_of(event.ts))


def bar_row(bar):
    v = bar.values
    return (bar.symbol, times.duration_name(bar.interval), bar.interval, moment(bar.start), moment(bar.end), bar.start, bar.end,
            *(number(price, 9) for price in (v.open, v.high, v.low, v.close)), number(v.volume, 6), v.trade_count, number(v.notional, 15), number(v.vwap, 9),
            number(v.price_avg, 9), number(v.pct_change, 6), moment(v.open_time), moment(v.close_time), v.open_time, v.close_time, date_of(bar.start),
            bar.state, bar.revision, bar.quality, date_of(bar.start))


def event_cells(source, event):
    """A row of CSV: what `export` prints of the event; a null is empty."""
    def text(value, scale):
        return None if value is None else exact.plain(value, scale)

    quote = event.kind == "quote"
    prices = [text(getattr(event, name), 9) for name in ("open", "high", "low", "prev_close")]
    return (event.symbol, None if quote else text(event.price, 9), None if quote else text(event.volume, 6), text(event.bid, 9), text(event.ask, 9),
            text(event.bid_size, 6), text(event.ask_size, 6), times.to_iso(event.ts), str(event.ts // 10**6), event.kind,
            event.volume_kind if event.kind == "snapshot" else None, *prices, event.trade_id, event.venue, text(event.seq, 0),
            None if event.ts_recv is None else times.to_iso(event.ts_recv), source)


def in_order(rows):
    return sorted(rows, key=repr)


def plain(value):
    """What pandas has instead of None."""
    return None if value is None or value is pandas.NaT or value is pandas.NA or (isinstance(value, float) and value != value) else value


class Readers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="readers")
        cls.cases = {}
        for seed in SEEDS:
            made = generate.scenario(seed)
            file, data = pathlib.Path(cls.folder.name, made.file_name), pathlib.Path(cls.folder.name, f"seed{seed}")
            file.write_bytes(made.data)
            flags = made.flags()
            mapping = None
            if made.mapping:
                mapping = file.with_suffix(".toml")
                mapping.write_text(made.mapping)
                flags += ["--mapping", mapping]
            binary.replay([file], data, *flags, "--history-rows", 1_000)
            cls.cases[seed] = data, expect([file], settings=made.settings, mapping_toml=made.mapping)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def each(self, form):
        """[(seed, topic, its folder, the rows that the reference says it has)]"""
        rows = {("bars", "parquet"): lambda one: [bar_row(bar) for bar in one.settled],
                ("events", "parquet"): lambda one: [event_row(*pair) for pair in one.came],
                ("bars", "csv"): lambda one: [tuple(cell or None for cell in output.bar_row(bar).split(",")) for bar in one.settled],
                ("events", "csv"): lambda one: [event_cells(*pair) for pair in one.came]}
        found = [(seed, what, data / "history" / what / form, in_order(rows[what, form](expected)))
                 for seed, (data, expected) in self.cases.items() for what in history.FOLDERS]
        self.assertTrue(all(rows for *_, rows in found))
        return found

    def same(self, seed, rows, expected):
        difference = binary.first_difference("rows", in_order(rows), expected)
        self.assertFalse(difference, f"seed {seed}: {difference}")

    # ---- parquet

    def test_pyarrow_reads_parquet(self):
        for seed, what, folder, expected in self.each("parquet"):
            hive = pyarrow.dataset.partitioning(pyarrow.schema([("date", pyarrow.date32())]), flavor="hive")
            table = pyarrow.dataset.dataset(folder, format="parquet", partitioning=hive).to_table()
            self.assertEqual({field.name: field.type for field in table.schema}, {**TYPES[what], "date": pyarrow.date32()})
            self.same(seed, zip(*(column.to_pylist() for column in table.columns)), expected)

    def test_pandas_reads_parquet(self):
        for seed, what, folder, expected in self.each("parquet"):
            frame = pandas.read_parquet(folder, dtype_backend="pyarrow")
            self.assertEqual(list(frame.columns), [*TYPES[what], "date"])
            rows = [tuple(plain(value.to_pydatetime() if isinstance(value, pandas.Timestamp) else value) for value in row[:-1]) +
                    (datetime.date.fromisoformat(str(row[-1])),) for row in frame.itertuples(index=False, name=None)]
            self.same(seed, rows, expected)

    def test_duckdb_reads_parquet(self):
        for seed, what, folder, expected in self.each("parquet"):
            result = duckdb.sql(f"SELECT * FROM read_parquet('{folder}/*/*.parquet', hive_partitioning = true)")
            self.assertEqual(result.columns, [*TYPES[what], "date"])
            self.assertEqual(str(result.types[-1]), "DATE")
            self.same(seed, result.fetchall(), expected)

    def test_the_files_are_compressed_sorted_and_say_what_is_in_them(self):
        """zstd everywhere, and statistics by which a reader skips: of symbol and time they are the true ones."""
        time_of = {"bars": "window_start_ns", "events": "ts_ns"}
        for seed, what, folder, expected in self.each("parquet"):
            rows = 0
            for path in folder.glob("*/*.parquet"):
                file = pyarrow.parquet.ParquetFile(path)
                rows += file.metadata.num_rows
                for number_of_group in range(file.metadata.num_row_groups):
                    group, values = file.metadata.row_group(number_of_group), file.read_row_group(number_of_group)
                    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
                    self.assertEqual({column.compression for column in columns.values()}, {"ZSTD"})
                    for name in ("symbol", time_of[what]):
                        cells, statistics = values[name].to_pylist(), columns[name].statistics
                        self.assertEqual((statistics.min, statistics.max, statistics.null_count), (min(cells), max(cells), 0))
                    keys = list(zip(values["symbol"].to_pylist(), values[time_of[what]].to_pylist()))
                    self.assertEqual(keys, sorted(keys, key=lambda key: (key[0].encode(), key[1])))
            self.assertEqual(rows, len(expected))

    def test_a_reader_skips_what_other_symbols_fill(self):
        file, data = pathlib.Path(self.folder.name, "large.jsonl"), pathlib.Path(self.folder.name, "large")
        feed.write(file, 3, 300_000)
        binary.replay([file], data, "--partitions", 1, "--history", "parquet", "--history-rows", 10_000_000)
        read = groups = 0
        for fragment in pyarrow.dataset.dataset(data / "history/events/parquet", format="parquet").get_fragments():
            groups += len(fragment.row_groups)
            read += len(fragment.split_by_row_group(pyarrow.dataset.field("symbol") == "S007"))
        self.assertGreater(groups, 2)
        self.assertLess(read, groups)
        self.assertGreater(read, 0)

    # ---- csv

    def test_pyarrow_reads_csv(self):
        for seed, what, folder, expected in self.each("csv"):
            names = CSV_COLUMNS[what]
            convert = pyarrow.csv.ConvertOptions(column_types={name: TEXT for name in names}, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""])
            rows = []
            for path in folder.glob("*/*.csv"):
                table = pyarrow.csv.read_csv(path, convert_options=convert)
                self.assertEqual(table.column_names, names)
                rows += zip(*(column.to_pylist() for column in table.columns))
            self.same(seed, rows, expected)

    def test_pandas_reads_csv(self):
        for seed, what, folder, expected in self.each("csv"):
            frames = [pandas.read_csv(path, dtype=str, keep_default_na=False) for path in folder.glob("*/*.csv")]
            self.assertEqual({tuple(frame.columns) for frame in frames}, {tuple(CSV_COLUMNS[what])})
            self.same(seed, [tuple(cell or None for cell in row) for frame in frames for row in frame.itertuples(index=False, name=None)], expected)

    def test_duckdb_reads_csv(self):
        """Typed by looking, as a person would, and as text."""
        for seed, what, folder, expected in self.each("csv"):
            read = f"read_csv('{folder}/*/*.csv', header = true, hive_partitioning = true"
            self.same(seed, duckdb.sql(f"SELECT * EXCLUDE (date) FROM {read}, all_varchar = true)").fetchall(), expected)
            dates = duckdb.sql(f"SELECT count(*) FROM {read}) WHERE date <> {'window_start' if what == 'bars' else 'ts'}::TIMESTAMPTZ::TIMESTAMP::DATE")
            duckdb.sql("SET TimeZone = 'UTC'")
            self.assertEqual(dates.fetchall(), [(0,)])


if __name__ == "__main__":
    unittest.main()
