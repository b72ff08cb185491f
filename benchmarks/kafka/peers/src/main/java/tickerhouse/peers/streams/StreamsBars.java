package tickerhouse.peers.streams;

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import tickerhouse.peers.Bar;
import tickerhouse.peers.Event;
import tickerhouse.peers.Markers;

/**
 * Final bars with Kafka Streams, exactly once, from a topic to a topic: one sub-topology, as the input is keyed by symbol; windows in memory with a
 * changelog and a cache, which was the fastest of the ways tried.
 *
 * <pre>StreamsBars BOOTSTRAP IN OUT STATE_FOLDER MARKERS    bars of a minute, until so many markers have come
 *StreamsBars BOOTSTRAP IN OUT STATE_FOLDER live       bars of a second, each as soon as its window closes, until it is stopped</pre>
 */
public final class StreamsBars {
  private static final Duration BOUND = Duration.ofSeconds(5);

  public static void main(String[] args) throws Exception {
    Serde<Event> events = Serdes.serdeFrom((topic, event) -> { throw new UnsupportedOperationException(); }, (topic, json) -> Event.parse(json));
    Serde<Bar> states = Serdes.serdeFrom((topic, bar) -> bar == null ? null : bar.state(), (topic, state) -> state == null ? null : Bar.of(state));
    Serde<Bar> results = Serdes.serdeFrom((topic, bar) -> bar.json(), (topic, json) -> { throw new UnsupportedOperationException(); });
    boolean live = args[4].equals("live");
    Duration window = live ? Duration.ofSeconds(1) : Duration.ofMinutes(1);
    Materialized<String, Bar, WindowStore<Bytes, byte[]>> store =
        Materialized.<String, Bar>as(Stores.inMemoryWindowStore("bars", window.plus(BOUND), window, false)).withKeySerde(Serdes.String()).withValueSerde(states);
    StreamsBuilder builder = new StreamsBuilder();
    TimeWindowedKStream<String, Event> windows = builder.stream(args[1], Consumed.with(Serdes.String(), events)
            .withTimestampExtractor((record, partitionTime) -> record.value() == null ? Math.max(partitionTime, 0) : ((Event) record.value()).ts_epoch_ms))
        .filter((symbol, event) -> event != null)
        .groupByKey(Grouped.with(Serdes.String(), events))
        .windowedBy(TimeWindows.ofSizeAndGrace(window, BOUND));
    if (live) windows = windows.emitStrategy(EmitStrategy.onWindowClose());  // suppress() would wait for the cache
    KTable<Windowed<String>, Bar> bars = windows.aggregate(Bar::new, (symbol, event, bar) -> {
      Markers.note(event);
      return bar.add(event);
    }, store);
    (live ? bars : bars.suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded())))
        .toStream()
        .map((of, bar) -> {
          bar.symbol = of.key();
          bar.start = of.window().start();
          return KeyValue.pair(of.key(), bar);
        })
        .to(args[2], Produced.with(Serdes.String(), results));
    Markers.expect(live ? Integer.MAX_VALUE : Integer.parseInt(args[4]));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings(args, live));
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      Runtime.getRuntime().halt(1);
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    streams.start();
    Markers.await();
    streams.close(Duration.ofSeconds(60));
  }

  private static Properties settings(String[] args, boolean live) {
    Properties p = new Properties();
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2] + "-app");
    p.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, live ? 97 : 10_000);  // not in step with the windows
    // To look for closed windows at every record; its own is once a second of the wall clock.
    if (live) p.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0);
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
    p.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 5000);
    p.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    p.put(StreamsConfig.consumerPrefix("max.poll.records"), 5000);
    p.put(StreamsConfig.consumerPrefix("max.partition.fetch.bytes"), 4 << 20);
    p.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
    p.put(StreamsConfig.producerPrefix("batch.size"), live ? 65_536 : 262_144);
    p.put(StreamsConfig.producerPrefix("linger.ms"), live ? 2 : 50);
    p.put(StreamsConfig.producerPrefix("transaction.timeout.ms"), 60_000);  // its own 10 s are shorter than a commit interval
    return p;
  }
}
