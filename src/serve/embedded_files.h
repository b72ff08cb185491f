// Bytes of files that the build put into the program (cmake/embed.cmake writes the definition).
#pragma once

#include <span>
#include <string_view>

namespace tickerhouse::serve {

struct EmbeddedFile {
  std::string_view path;  // below the folder, with a slash in front
  std::string_view bytes;
};

std::span<const EmbeddedFile> embedded_pages();  // build/web/dist; empty if it was not there
std::string_view embedded_openapi();             // src/serve/openapi.json

}  // namespace tickerhouse::serve
