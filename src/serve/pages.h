// The files of the page, which are part of the program.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "serve/http_types.h"

namespace tickerhouse::serve {

struct PageFile {
  std::string path;  // /index.html
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;  // empty: there is none
  std::string etag;       // with its quotes
};

// What the build found in build/web/dist; if it found nothing, one page that says so.
std::span<const PageFile> page_files();

// The answer to GET path; nullptr: there is no such file. `/` is /index.html.
const PageFile* find_page(std::string_view path);
Answer page_answer(const PageFile& file, const Request& request);

}  // namespace tickerhouse::serve
