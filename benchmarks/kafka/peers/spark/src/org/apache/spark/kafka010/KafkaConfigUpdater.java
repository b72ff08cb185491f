package org.apache.spark.kafka010;

import java.util.HashMap;
import java.util.Map;
import scala.Option;

/** The settings of a client of Kafka, as Spark's connector gathers them; without security. */
public final class KafkaConfigUpdater {
  private final Map<String, Object> settings = new HashMap<>();

  public KafkaConfigUpdater(String module, scala.collection.immutable.Map<String, Object> given) {
    settings.putAll(scala.jdk.javaapi.CollectionConverters.asJava(given));
  }

  public KafkaConfigUpdater set(String key, Object value) {
    settings.put(key, value);
    return this;
  }

  public KafkaConfigUpdater setIfUnset(String key, Object value) {
    settings.putIfAbsent(key, value);
    return this;
  }

  public KafkaConfigUpdater setAuthenticationConfigIfNeeded() { return this; }
  public KafkaConfigUpdater setAuthenticationConfigIfNeeded(Option<?> cluster) { return this; }
  public Map<String, Object> build() { return settings; }
}
