#include "sources/http_registry.h"

#include <curl/curl.h>

#include <mutex>
#include <utility>
#include <nlohmann/json.hpp>

namespace tickerhouse::sources {
namespace {

constexpr std::size_t kAnswerBytesMax = 8U << 20U;
constexpr long kOk = 200;
constexpr long kUnauthorized = 401;
constexpr long kForbidden = 403;
constexpr long kNotFound = 404;
constexpr long kConflict = 409;
constexpr long kUnprocessable = 422;

struct CurlFreed {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* answer) {
  auto& text = *static_cast<std::string*>(answer);
  if (text.size() + size * count > kAnswerBytesMax) return 0;  // curl says that writing failed
  text.append(bytes, size * count);
  return size * count;
}

class HttpRegistry final : public SchemaRegistry {
 public:
  HttpRegistry(RegistryPlace place, std::unique_ptr<CURL, CurlFreed> curl)
      : place_(std::move(place)),
        curl_(std::move(curl)),
        headers_(
            curl_slist_append(nullptr, "Accept: application/vnd.schemaregistry.v1+json, application/json")) {
    curl_slist_append(headers_.get(), "Content-Type: application/vnd.schemaregistry.v1+json");
  }

  base::Result<std::optional<Schema>> by_id(std::uint32_t id) override {
    return schema("/schemas/ids/" + std::to_string(id));
  }

  base::Result<std::optional<Schema>> latest(const std::string& subject) override {
    return schema(versions_of(subject).append("/latest"));
  }

  base::Result<std::uint32_t> add(const std::string& subject, std::string_view schema) override {
    const std::string body = nlohmann::json{{"schema", schema}, {"schemaType", "AVRO"}}.dump();
    ASSIGN_OR_RETURN(const Answer answer, ask(versions_of(subject), &body));
    const auto said = nlohmann::json::parse(answer.text, nullptr, false);
    if (answer.status == kOk && said.is_object() && said.contains("id") && said["id"].is_number_unsigned())
      return said["id"].get<std::uint32_t>();
    if (answer.status != kConflict && answer.status != kUnprocessable) return refused(answer, said);
    return base::Error{
        base::ErrorCode::configuration,
        std::string("the registry does not take our schema: ").append(text_at(said, "message")),
        "schema of " + subject};
  }

 private:
  struct Answer {
    long status = 0;
    std::string text;
  };

  base::Result<std::optional<Schema>> schema(const std::string& path) {
    ASSIGN_OR_RETURN(const Answer answer, ask(path, nullptr));
    const auto body = nlohmann::json::parse(answer.text, nullptr, false);
    if (answer.status == kOk && !text_at(body, "schema").empty()) {
      const std::string kind = text_at(body, "schemaType");
      return std::optional(Schema{kind.empty() ? "AVRO" : kind, text_at(body, "schema")});
    }
    // 40401 and 40403: no such subject or schema. 404 itself: no such page, so the address is wrong.
    const bool coded =
        body.is_object() && body.contains("error_code") && body["error_code"].is_number_integer();
    if (answer.status == kNotFound && coded && body["error_code"].get<std::int64_t>() / 100 == kNotFound)
      return std::optional<Schema>();
    return refused(answer, body);
  }

  static std::string text_at(const nlohmann::json& body, const char* key) {
    const bool there = body.is_object() && body.contains(key) && body[key].is_string();
    return there ? body[key].get<std::string>() : std::string();
  }

  [[nodiscard]] std::string versions_of(const std::string& subject) const {
    const std::unique_ptr<char, CurlFreed> escaped(
        curl_easy_escape(curl_.get(), subject.data(), static_cast<int>(subject.size())));
    return std::string("/subjects/").append(escaped.get()).append("/versions");
  }

  // What no other answer means.
  [[nodiscard]] base::Error refused(const Answer& answer, const nlohmann::json& body) const {
    if (answer.status == kUnauthorized || answer.status == kForbidden)
      return error(base::ErrorCode::configuration,
                   "refuses the login (HTTP " + std::to_string(answer.status) +
                       "); kafka.schema_registry_user and kafka.schema_registry_password_file hold it");
    if (answer.status == kOk || answer.status == kNotFound)
      return error(base::ErrorCode::configuration,
                   "does not answer as a schema registry does; is the path right?");
    return error(base::ErrorCode::io,
                 "answers HTTP " + std::to_string(answer.status) + " " + text_at(body, "message"));
  }

  // body: what is posted; null: nothing is.
  base::Result<Answer> ask(const std::string& path, const std::string* body) {
    CURL* const curl = curl_.get();
    Answer answer;
    const std::string url = place_.url + path;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    const long patience_ms = place_.patience / base::kMillisecond;
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, patience_ms / 3);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, patience_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.text);
    if (body != nullptr) {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->c_str());
    }
    if (!place_.authorities.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, place_.authorities.c_str());
    if (!place_.user.empty()) {
      curl_easy_setopt(curl, CURLOPT_USERNAME, place_.user.c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, place_.password.c_str());
    }
    const CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
      return error(base::ErrorCode::configuration,
                   std::string(curl_easy_strerror(code)).append("; ssl.ca.location names the authorities"));
    if (code != CURLE_OK) return error(base::ErrorCode::io, curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
  }

  [[nodiscard]] base::Error error(base::ErrorCode code, std::string what) const {
    return {code, std::move(what), std::string("schema registry ").append(place_.url)};
  }

  RegistryPlace place_;
  std::unique_ptr<CURL, CurlFreed> curl_;
  std::unique_ptr<curl_slist, CurlFreed> headers_;
};

}  // namespace

base::Result<std::unique_ptr<SchemaRegistry>> open_http_registry(RegistryPlace place) {
  while (place.url.ends_with('/')) place.url.pop_back();
  const auto refusal = [](const char* what) {
    return base::Error{base::ErrorCode::configuration, what, "kafka.schema_registry"};
  };
  if (!place.url.starts_with("http://") && !place.url.starts_with("https://"))
    return refusal("is no http:// or https:// address");
  if (place.url.find('@') != std::string::npos)
    return refusal(
        "holds a login; kafka.schema_registry_user and kafka.schema_registry_password_file are for it");
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  std::unique_ptr<CURL, CurlFreed> curl(curl_easy_init());
  if (curl == nullptr) return base::Error{base::ErrorCode::io, "curl cannot begin", place.url};
  return std::unique_ptr<SchemaRegistry>(std::make_unique<HttpRegistry>(std::move(place), std::move(curl)));
}

}  // namespace tickerhouse::sources
