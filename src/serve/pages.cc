#include "serve/pages.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/hash.h"
#include "serve/embedded_files.h"

namespace tickerhouse::serve {
namespace {

constexpr std::string_view kNoDashboard =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tickerhouse</title>"
    "<h1>Tickerhouse</h1><p>This build has no dashboard: build/web/dist was not there when it was made.</p>"
    "<p>The API is here: <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>, "
    "<a href=\"/api/v1/status\">/api/v1/status</a>, <a href=\"/metrics\">/metrics</a>.</p></html>\n";

std::string_view content_type_of(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTypes = {
      {{".html", "text/html; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".json", "application/json"},
       {".map", "application/json"},
       {".svg", "image/svg+xml"},
       {".png", "image/png"},
       {".ico", "image/x-icon"},
       {".txt", "text/plain; charset=utf-8"},
       {".webmanifest", "application/manifest+json"}}};
  for (const auto& [ending, type] : kTypes)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

PageFile page_file(std::string_view path, std::string_view bytes) {
  const std::string hash = base::to_hex(base::hash128(bytes));
  return {std::string(path), content_type_of(path), bytes, {}, std::string("\"").append(hash).append("\"")};
}

std::vector<PageFile> make_pages() {
  std::vector<PageFile> pages;
  std::map<std::string_view, std::string_view> zipped;
  for (const EmbeddedFile& file : embedded_pages()) {
    if (file.path.ends_with(".gz"))
      zipped[file.path.substr(0, file.path.size() - 3)] = file.bytes;
    else
      pages.push_back(page_file(file.path, file.bytes));
  }
  for (PageFile& page : pages)
    if (const auto gzip = zipped.find(page.path); gzip != zipped.end()) page.gzip = gzip->second;
  if (find_if(pages.begin(), pages.end(), [](const PageFile& page) { return page.path == "/index.html"; }) ==
      pages.end())
    pages.push_back(page_file("/index.html", kNoDashboard));
  return pages;
}

}  // namespace

std::span<const PageFile> page_files() {
  static const std::vector<PageFile> kPages = make_pages();
  return kPages;
}

const PageFile* find_page(std::string_view path) {
  if (path == "/") path = "/index.html";
  for (const PageFile& page : page_files())
    if (page.path == path) return &page;
  return nullptr;
}

Answer page_answer(const PageFile& file, const Request& request) {
  Answer answer;
  answer.content_type = file.content_type;
  answer.headers = {{"ETag", file.etag}, {"Cache-Control", "no-cache"}};
  if (!file.gzip.empty()) answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (request.if_none_match.find(file.etag) != std::string::npos) {
    answer.status = 304;
    return answer;
  }
  answer.fixed = file.bytes;
  if (request.accepts_gzip && !file.gzip.empty()) {
    answer.fixed = file.gzip;
    answer.headers.emplace_back("Content-Encoding", "gzip");
  }
  return answer;
}

}  // namespace tickerhouse::serve
