#include "serve/access.h"

#include <gtest/gtest.h>

#include "tests/support/flow_fakes.h"

namespace tickerhouse::serve {
namespace {

Request request_of(const std::string& host, const std::string& origin = "") {
  Request request;
  request.host = host;
  request.origin = origin;
  request.local_address = "10.0.0.7";
  return request;
}

unsigned status_of(const std::optional<Answer>& answer) { return answer ? answer->status : 200; }

TEST(Access, OnlyOurOwnNamesAreHosts) {
  tests::FakeClock clock;
  ServeOptions options;
  options.allowed_hosts = {"Ticks.Example"};
  const Access access(options, clock);
  for (const char* host :
       {"127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:9000", "ticks.example", "10.0.0.7:1"})
    EXPECT_EQ(status_of(access.refused(request_of(host))), 200U) << host;
  for (const char* host :
       {"evil.example", "localhost.evil.example", "ticks.example.", "localhost:80a", "localhost:", "[::1",
        "localhost:8080@evil", "127.0.0.1:123456", "@localhost", "localhost evil"})
    EXPECT_EQ(status_of(access.refused(request_of(host))), 403U) << host;
  EXPECT_EQ(status_of(access.refused(request_of(""))), 400U);
}

TEST(Access, AnOriginIsOneOfThemWithTheSamePort) {
  tests::FakeClock clock;
  const Access access({}, clock);
  for (const char* origin : {"http://localhost:8080", "http://127.0.0.1:8080", "https://localhost:8080"})
    EXPECT_EQ(status_of(access.refused(request_of("localhost:8080", origin))), 200U) << origin;
  for (const char* origin :
       {"null", "http://localhost", "http://localhost:8081", "http://evil.example:8080", "file://",
        "ftp://localhost:8080", "http://localhost:8080.evil.example", "http://localhost:8080/x"})
    EXPECT_EQ(status_of(access.refused(request_of("localhost:8080", origin))), 403U) << origin;
  EXPECT_EQ(status_of(access.refused(request_of("localhost", "http://localhost"))), 200U);
}

TEST(Access, ATokenIsNeededIfThereIsOne) {
  tests::FakeClock clock;
  ServeOptions options;
  options.token = "abc123";
  Access access(options, clock);
  const auto with = [&](const std::string& authorization) {
    Request request = request_of("localhost");
    request.authorization = authorization;
    return status_of(access.unauthorised(request, {}));
  };
  EXPECT_EQ(with("Bearer abc123"), 200U);
  EXPECT_EQ(with("bearer abc123"), 200U);
  for (const char* wrong :
       {"", "Bearer ", "Bearer abc12", "Bearer abc1234", "Bearer abc123abc123", "Basic abc123", "abc123"})
    EXPECT_EQ(with(wrong), 401U) << wrong;
}

TEST(Access, ATicketIsGoodOnceAndForAWhile) {
  tests::FakeClock clock;
  ServeOptions options;
  options.token = "abc123";
  Access access(options, clock);
  const Request request = request_of("localhost");
  const std::string ticket = access.new_ticket().value();
  EXPECT_EQ(ticket.size(), 32U);
  EXPECT_EQ(status_of(access.unauthorised(request, "0" + ticket.substr(1) + "x")), 401U);
  EXPECT_EQ(status_of(access.unauthorised(request, ticket)), 200U);
  EXPECT_EQ(status_of(access.unauthorised(request, ticket)), 401U);
  const std::string old = access.new_ticket().value();
  EXPECT_NE(old, ticket);
  clock.pass(kTicketLife + 1);
  EXPECT_EQ(status_of(access.unauthorised(request, old)), 401U);
  const std::string first = access.new_ticket().value();
  for (std::size_t i = 0; i < kTicketsMax; ++i) EXPECT_TRUE(access.new_ticket().ok());
  EXPECT_EQ(status_of(access.unauthorised(request, first)), 401U) << "only the newest are kept";
}

TEST(Access, OffLoopbackNeedsTokenAndTls) {
  ServeOptions options;
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) {
    options.address = address;
    EXPECT_TRUE(check_exposure(options).ok()) << address;
  }
  options.address = "0.0.0.0";
  const base::Status bare = check_exposure(options);
  ASSERT_FALSE(bare.ok());
  EXPECT_EQ(bare.error().code, base::ErrorCode::configuration);
  EXPECT_EQ(bare.error().what,
            "0.0.0.0 is not this machine alone; it also needs serve.token_file, serve.tls_certificate, "
            "serve.tls_key");
  options.token = "x";
  options.tls_certificate = "c";
  EXPECT_FALSE(check_exposure(options).ok());
  options.tls_key = "k";
  EXPECT_TRUE(check_exposure(options).ok());
  options.address = "127.0.0.1";
  options.tls_key.clear();
  EXPECT_FALSE(check_exposure(options).ok()) << "a certificate without its key";
}

TEST(QueryText, IsDecodedOrRefused) {
  EXPECT_EQ(parse_query("a=1&b=x%20y+z&&c").value(), (Query{{"a", "1"}, {"b", "x y z"}, {"c", ""}}));
  EXPECT_TRUE(parse_query("").value().empty());
  for (const char* wrong : {"a=%", "a=%4", "a=%zz", "a=%00", "a=%0a", "a=%ff", "%"})
    EXPECT_FALSE(parse_query(wrong)) << wrong;
  std::string many;
  for (std::size_t i = 0; i <= kQueryParametersMax; ++i) many.append("a=1&");
  EXPECT_FALSE(parse_query(many));
  EXPECT_EQ(percent_decoded("a+b%2Fc", false), "a+b/c");
}

}  // namespace
}  // namespace tickerhouse::serve
