// usage: consume_loop BROKERS TOPIC
//
// What librdkafka itself costs: every committed message of the topic, once, in batches of 4,096, with the
// settings of our own readers (src/tape/kafka/client.cc); nothing is looked at. Prints how many there were.
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kPatienceMs = 30'000;
constexpr int kWaitMs = 20;
constexpr std::size_t kAtOnce = 4'096;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "consume_loop: %s\n", what.c_str());
  std::exit(1);
}

rd_kafka_t* open(const char* brokers) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", brokers},
                                    {"isolation.level", "read_committed"},
                                    {"enable.partition.eof", "true"},
                                    {"enable.auto.commit", "false"},
                                    {"fetch.wait.max.ms", "20"},
                                    {"fetch.queue.backoff.ms", "10"},
                                    {"fetch.message.max.bytes", "1048576"},
                                    {"queued.min.messages", "10000"},
                                    {"queued.max.messages.kbytes", "16384"}})
    if (rd_kafka_conf_set(conf, name, value, why.data(), why.size()) != RD_KAFKA_CONF_OK) fail(why.data());
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why.data(), why.size());
  if (client == nullptr) fail(why.data());
  return client;
}

int partitions_of(rd_kafka_t* client, rd_kafka_topic_t* topic) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 0, topic, &metadata, kPatienceMs) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      metadata->topic_cnt != 1)
    fail("no answer about the topic");
  const int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("BROKERS TOPIC");
  rd_kafka_t* client = open(argv[1]);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, argv[2], nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  const int partitions = partitions_of(client, topic);
  for (int p = 0; p < partitions; ++p)
    if (rd_kafka_consume_start_queue(topic, p, RD_KAFKA_OFFSET_BEGINNING, queue) != 0) fail("cannot begin");
  std::array<rd_kafka_message_t*, kAtOnce> messages{};
  unsigned long long count = 0;
  unsigned long long bytes = 0;
  int waited = 0;
  for (int ended = 0; ended < partitions;) {
    const ssize_t got = rd_kafka_consume_batch_queue(queue, kWaitMs, messages.data(), messages.size());
    waited = got > 0 ? 0 : waited + kWaitMs;
    if (got < 0 || waited >= kPatienceMs) fail("the brokers do not answer");
    for (ssize_t i = 0; i < got; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++count;
        bytes += message->len;
      } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ++ended;
      } else {
        fail(rd_kafka_message_errstr(message));
      }
      rd_kafka_message_destroy(message);
    }
  }
  for (int p = 0; p < partitions; ++p) rd_kafka_consume_stop(topic, p);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  std::printf("{\"messages\":%llu,\"bytes\":%llu}\n", count, bytes);
  return 0;
}
