#include "app/text_output.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace tickerhouse::app {

base::Error TextOutput::failed(const char* doing) const {
  const int code = errno;
  return {code == ENOSPC ? base::ErrorCode::no_space : base::ErrorCode::io,
          std::string(doing).append(": ").append(std::system_category().message(code)),
          path_.empty() ? "stdout" : path_};
}

base::Result<std::unique_ptr<TextOutput>> TextOutput::open(const std::string& path) {
  std::unique_ptr<TextOutput> output(new TextOutput(stdout, path));
  if (path.empty()) return output;
  output->file_ = std::fopen((path + ".staging").c_str(), "wbe");
  if (output->file_ == nullptr) return output->failed("cannot create");
  return output;
}

TextOutput::~TextOutput() {
  if (path_.empty() || file_ == nullptr) return;
  std::fclose(file_);
  ::unlink((path_ + ".staging").c_str());  // not finished
}

base::Status TextOutput::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) return failed("cannot write");
  return {};
}

base::Status TextOutput::finish() {
  if (std::fflush(file_) != 0) return failed("cannot write");
  if (path_.empty()) return {};
  if (::fsync(::fileno(file_)) != 0 || std::fclose(std::exchange(file_, nullptr)) != 0)
    return failed("cannot write");
  if (std::rename((path_ + ".staging").c_str(), path_.c_str()) != 0)
    return failed("cannot rename into place");
  return {};
}

}  // namespace tickerhouse::app
