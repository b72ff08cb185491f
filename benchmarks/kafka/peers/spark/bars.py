"""Final one-minute bars with Spark Structured Streaming, from a topic of our events to Parquet, in batches until all that is there is read.

    spark-submit bars.py BOOTSTRAP TOPIC OUT_FOLDER STATE_FOLDER plain|tuned

plain: as most write it: what is no event is dropped right behind the parsing, and Spark then parses each message once for every checked column.
tuned: not dropped, which leaves bars without a symbol, for a condition on it would be moved behind the parsing too; each message is parsed once,
and its time read as a number. Both: state in memory, two partitions behind the exchange, batches of 2.5 million messages, which cost less than
small ones.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType

EVENT = StructType([StructField("symbol", StringType()), StructField("price", DoubleType()), StructField("volume", LongType()), StructField("ts", StringType()),
                    StructField("ts_epoch_ms", LongType())])
BATCH = 2_500_000


def bars(brokers, topic, spark, tuned):
    messages = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", brokers).option("subscribe", topic).option("startingOffsets", "earliest")
                .option("kafka.isolation.level", "read_committed").option("maxOffsetsPerTrigger", BATCH).load())
    event_time = F.timestamp_millis("event.ts_epoch_ms") if tuned else F.to_timestamp("event.ts")
    events = (messages.select(F.from_json(F.col("value").cast("string"), EVENT).alias("event"), "offset")
              .select("event.*", event_time.alias("event_time"), "offset"))
    if not tuned:
        events = events.where("symbol is not null and price is not null and event_time is not null")
    # By time, then by arrival; one number, as Spark would sort by a pair where it can hash by a number.
    order = F.col("ts_epoch_ms") * 5_000_000 + F.col("offset") % 5_000_000
    windows = (events.withWatermark("event_time", "5 seconds").groupBy(F.window("event_time", "1 minute"), "symbol")
               .agg(F.min_by("price", order).alias("open"), F.max("price").alias("high"), F.min("price").alias("low"), F.max_by("price", order).alias("close"),
                    F.sum("volume").alias("volume"), F.count("price").alias("count")))
    return windows.select("symbol", F.col("window.start").alias("start"), "open", "high", "low", "close", "volume", "count")


def main(brokers, topic, out, state, how):
    spark = (SparkSession.builder.appName("bars").config("spark.sql.shuffle.partitions", 2).config("spark.sql.session.timeZone", "UTC")
             .config("spark.ui.enabled", "false").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    (bars(brokers, topic, spark, how == "tuned").writeStream.format("parquet").outputMode("append").option("path", out).option("checkpointLocation", state)
     .trigger(availableNow=True).start().awaitTermination())
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
