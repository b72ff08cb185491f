package tickerhouse.peers.flink;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.parquet.avro.AvroParquetWriters;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.producer.ProducerRecord;
import tickerhouse.peers.Bar;
import tickerhouse.peers.Event;

/**
 * Final bars with Flink in one process, exactly once, from a topic to Parquet; tuned: state on the heap, objects used again, a serializer of its own.
 *
 * <pre>FlinkBars BOOTSTRAP IN OUT_FOLDER STATE_FOLDER         bars of a minute, of what is there, to Parquet
 *FlinkBars BOOTSTRAP IN OUT_TOPIC STATE_FOLDER live     bars of a second to a topic, until it is stopped</pre>
 */
public final class FlinkBars {
  static final class Aggregate implements AggregateFunction<Event, Bar, Bar> {
    @Override public Bar createAccumulator() { return new Bar(); }
    @Override public Bar add(Event event, Bar bar) { return bar.add(event); }
    @Override public Bar getResult(Bar bar) { return bar; }
    @Override public Bar merge(Bar a, Bar b) { throw new UnsupportedOperationException("such windows do not merge"); }
  }

  static final class Label extends ProcessWindowFunction<Bar, Bar, String, TimeWindow> {
    @Override public void process(String symbol, Context context, Iterable<Bar> bars, Collector<Bar> out) {
      Bar bar = bars.iterator().next();
      bar.symbol = symbol;
      bar.start = context.window().getStart();
      out.collect(bar);
    }
  }

  /** A null is passed over by the source. */
  static final class Parse extends AbstractDeserializationSchema<Event> {
    @Override public Event deserialize(byte[] json) { return Event.parse(json); }
    @Override public TypeInformation<Event> getProducedType() { return new EventType(); }
  }

  static final class Write implements KafkaRecordSerializationSchema<Bar> {
    private final String topic;
    Write(String topic) { this.topic = topic; }
    @Override public ProducerRecord<byte[], byte[]> serialize(Bar bar, KafkaSinkContext context, Long ts) {
      return new ProducerRecord<>(topic, null, bar.symbol.getBytes(StandardCharsets.US_ASCII), bar.json());
    }
  }

  public static void main(String[] args) throws Exception {
    boolean live = args.length > 4;
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2, settings(args[3], live));
    KafkaSourceBuilder<Event> source = KafkaSource.<Event>builder()
        .setBootstrapServers(args[0]).setTopics(args[1]).setGroupId(args[1] + "-flink")
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setProperty("isolation.level", "read_committed")
        .setProperty("max.poll.records", "5000").setProperty("max.partition.fetch.bytes", "" + (4 << 20))
        .setDeserializer(KafkaRecordDeserializationSchema.valueOnly(new Parse()));
    if (!live) source.setBounded(OffsetsInitializer.latest());
    DataStream<Bar> bars = env.fromSource(source.build(), WatermarkStrategy.<Event>forBoundedOutOfOrderness(Duration.ofSeconds(5)).withTimestampAssigner((event, ts) -> event.ts_epoch_ms),
            "events", new EventType())
        .keyBy(event -> event.symbol)
        .window(TumblingEventTimeWindows.of(live ? Duration.ofSeconds(1) : Duration.ofMinutes(1)))
        .aggregate(new Aggregate(), new Label());
    if (live) {
      bars.sinkTo(KafkaSink.<Bar>builder().setBootstrapServers(args[0]).setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
          .setTransactionalIdPrefix(args[2]).setKafkaProducerConfig(producer()).setRecordSerializer(new Write(args[2])).build());
    } else {
      bars.sinkTo(FileSink.forBulkFormat(new Path(args[2]), AvroParquetWriters.forReflectRecord(Bar.class)).build());
    }
    env.execute("bars");
    System.exit(0);
  }

  private static Properties producer() {
    Properties p = new Properties();
    p.put("compression.type", "lz4");
    p.put("batch.size", "65536");
    p.put("linger.ms", "2");
    p.put("transaction.timeout.ms", "600000");  // the connector's own, an hour, is above the broker's limit
    return p;
  }

  private static Configuration settings(String state, boolean live) {
    Configuration c = new Configuration();
    c.setString("execution.checkpointing.interval", live ? "97 ms" : "10 s");  // not in step with the windows
    c.setString("pipeline.auto-watermark-interval", live ? "10 ms" : "200 ms");
    c.setString("execution.buffer-timeout.interval", live ? "5 ms" : "100 ms");
    c.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
    c.setString("execution.checkpointing.dir", "file://" + state);
    c.setString("state.backend.type", "hashmap");
    c.setString("pipeline.object-reuse", "true");
    c.setString("pipeline.generic-types", "false");
    c.setString("restart-strategy.type", "none");  // a run that fails is no run
    c.setString("taskmanager.numberOfTaskSlots", "2");
    c.setString("taskmanager.memory.network.min", "32 mb");
    c.setString("taskmanager.memory.network.max", "32 mb");
    c.setString("rest.bind-address", "127.0.0.1");
    c.setString("rest.address", "127.0.0.1");
    return c;
  }
}
