// TLS as openssl's own client sees it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

// A self-signed certificate made by openssl, and its clients.
class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    directory_.bring("a", {trade("AAPL", "10:00:01", "100", "2")});
    directory_.open_live(true);
    char name[] = "/tmp/tickerhouse-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
    const std::string make = "cd " + folder_.string() +
                             " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out "
                             "cert.pem -subj /CN=localhost "
                             "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 >/dev/null 2>&1";
    made_ = std::system(make.c_str()) == 0;
    options_.tls_certificate = (folder_ / "cert.pem").string();
    options_.tls_key = (folder_ / "key.pem").string();
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }
  TlsTest(const TlsTest&) = delete;
  TlsTest& operator=(const TlsTest&) = delete;

  std::string client(std::uint16_t port, const std::string& options, const std::string& request) {
    std::ofstream(folder_ / "request") << request;
    const std::string command =
        "cd " + folder_.string() +
        " && timeout 3 openssl s_client -quiet -verify_return_error -CAfile cert.pem " + options +
        " -connect 127.0.0.1:" + std::to_string(port) + " <request >answer 2>/dev/null";
    (void)std::system(command.c_str());
    std::ifstream in(folder_ / "answer");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Directory directory_;
  std::filesystem::path folder_;
  bool made_ = false;
  ServeOptions options_;
};

TEST_F(TlsTest, SpeaksTls12AndLaterOnly) {
  if (!made_) GTEST_SKIP() << "no openssl to make a certificate";
  const Serving serving(directory_, options_);
  EXPECT_TRUE(serving.server->url().starts_with("https://"));
  const std::string request = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    const std::string answer = client(serving.port(), version, request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << version << answer;
    EXPECT_NE(answer.find("Strict-Transport-Security: max-age="), std::string::npos);
  }
  EXPECT_EQ(client(serving.port(), "-tls1_1 -cipher ALL@SECLEVEL=0", request), "");
  const std::string upgrade =
      client(serving.port(), "-tls1_3",
             "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(upgrade.starts_with("HTTP/1.1 101")) << upgrade;
  EXPECT_NE(upgrade.find("\"type\":\"hello\""), std::string::npos);
  HttpClient plain = serving.client();
  plain.send(request);
  EXPECT_TRUE(plain.closed(5)) << "no plain text";
}

TEST_F(TlsTest, SaysWhatIsWrongWithItsFiles) {
  if (!made_) GTEST_SKIP() << "no openssl to make a certificate";
  const ServeParts parts{*directory_.tape,
                         2,
                         nullptr,
                         *directory_.live,
                         base::system_clock(),
                         [] { return base::Result<flow::PipelineStatus>(flow::PipelineStatus{}); },
                         {},
                         {}};
  const auto error_of = [&](const std::string& certificate, const std::string& key) {
    ServeOptions options;
    options.port = 0;
    options.tls_certificate = certificate;
    options.tls_key = key;
    const auto server = Server::open(options, parts);
    return server.ok() ? base::Error{} : server.error();
  };
  EXPECT_EQ(error_of(options_.tls_certificate, folder_ / "none.pem").where, folder_ / "none.pem");
  EXPECT_EQ(error_of(folder_ / "none.pem", options_.tls_key).code, base::ErrorCode::configuration);
  std::ofstream(folder_ / "bad.pem") << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(error_of(folder_ / "bad.pem", options_.tls_key).where, folder_ / "bad.pem");
  ServeOptions open;
  open.address = "0.0.0.0";
  EXPECT_EQ(Server::open(open, parts).error().code, base::ErrorCode::configuration);
  open.address = "not.an.address";
  EXPECT_FALSE(Server::open(open, parts).ok());
}

}  // namespace
}  // namespace tickerhouse::serve
