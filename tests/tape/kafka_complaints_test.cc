// What librdkafka says of a connection that fails, as it was heard from real brokers, and the setting that it
// means.
#include "tape/kafka/complaints.h"

#include <gtest/gtest.h>

#include <string>

namespace tickerhouse::tape::kafka {
namespace {

using Kind = Fault::Kind;

struct Heard {
  const char* complaint;
  Kind kind;
  const char* setting;  // is part of its name
};

TEST(KafkaComplaints, NameTheSetting) {
  for (const Heard& heard :
       {Heard{"[thrd:sasl_plaintext://127.0.0.1:9/bootstrap]: sasl_plaintext://127.0.0.1:9/bootstrap: SASL "
              "authentication error: Authentication failed: Invalid username or password (after 3ms in state "
              "AUTH_REQ)",
              Kind::certain, "sasl.password"},
        Heard{"sasl_plaintext://127.0.0.1:9/bootstrap: SASL SCRAM-SHA-1 mechanism handshake failed: Broker: "
              "Unsupported SASL mechanism: broker's supported mechanisms: PLAIN",
              Kind::certain, "sasl.mechanism"},
        Heard{"sasl_plaintext://127.0.0.1:9/bootstrap: SASL PLAIN mechanism handshake failed: Broker: "
              "Request not valid in current SASL state: broker's supported mechanisms: ",
              Kind::certain, "security.protocol"},
        Heard{"ssl://127.0.0.1:9/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate "
              "verify failed: broker certificate could not be verified",
              Kind::certain, "ssl.ca.location"},
        Heard{"ssl://127.0.0.1:9/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad "
              "certificate: SSL alert number 42 (after 1ms in state APIVERSION_QUERY)",
              Kind::certain, "ssl.certificate.location"},
        Heard{"ssl://127.0.0.1:9/bootstrap: SSL handshake failed: Disconnected: SSL connection closed by "
              "peer: connecting to a PLAINTEXT broker listener? (after 2ms in state SSL_HANDSHAKE)",
              Kind::suspected, "security.protocol"},
        Heard{"127.0.0.1:9/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after "
              "5ms in state APIVERSION_QUERY)",
              Kind::suspected, "security.protocol"},
        Heard{"ssl://127.0.0.1:9/bootstrap: Disconnected: connection reset by peer (after 5ms in state "
              "APIVERSION_QUERY)",
              Kind::suspected, "ssl.certificate.location"},
        Heard{"127.0.0.1:9/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after "
              "1ms in state UP)",
              Kind::suspected, "security.protocol"},
        Heard{"nowhere:9/bootstrap: Failed to resolve 'nowhere:9': Name or service not known",
              Kind::suspected, "kafka.brokers"},
        Heard{"nowhere:9/bootstrap: Failed to resolve 'nowhere:9': Temporary failure in name resolution",
              Kind::unreachable, "kafka.brokers"},
        Heard{"127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 0ms in "
              "state CONNECT)",
              Kind::unreachable, "kafka.brokers"},
        Heard{"127.0.0.1:9/1: 3 request(s) timed out", Kind::none, ""}}) {
    const Fault fault = fault_of(heard.complaint);
    EXPECT_EQ(fault.kind, heard.kind) << heard.complaint;
    EXPECT_NE(fault.setting.find(heard.setting), std::string::npos) << heard.complaint;
  }
}

TEST(KafkaComplaints, WhatIsCertainStays) {
  Complaints complaints;
  complaints.note("Connect to ipv4#127.0.0.1:9 failed: Connection refused");
  EXPECT_EQ(complaints.fault().kind, Kind::unreachable);
  complaints.note("[thrd:a]: a: SASL authentication error: no (after 3ms in state AUTH_REQ)");
  complaints.note("Connect to ipv4#127.0.0.1:10 failed: Connection refused (after 0ms in state CONNECT)");
  EXPECT_EQ(complaints.fault().kind, Kind::certain);
  EXPECT_EQ(complaints.fault().what, "the broker refuses the login (a: SASL authentication error: no)");
  EXPECT_EQ(complaints.last(), "Connect to ipv4#127.0.0.1:10 failed: Connection refused");
}

TEST(KafkaComplaints, WhatWasSuspectedGoesWithTheNextOne) {
  Complaints complaints;
  complaints.note("a: Disconnected (after 5ms in state APIVERSION_QUERY)");
  EXPECT_EQ(complaints.fault().kind, Kind::suspected);
  complaints.note("a: 3 request(s) timed out");
  EXPECT_EQ(complaints.fault().kind, Kind::suspected);
  complaints.note("a: Connect to ipv4#127.0.0.1:9 failed: Connection refused");
  EXPECT_EQ(complaints.fault().kind, Kind::unreachable);
}

}  // namespace
}  // namespace tickerhouse::tape::kafka
