#include "app/text_output.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace tickerhouse::app {

bool is_special_file(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode);
}

base::Error TextOutput::failed(const char* doing) const {
  const int code = errno;
  return {code == ENOSPC ? base::ErrorCode::no_space : base::ErrorCode::io,
          std::string(doing).append(": ").append(std::system_category().message(code)),
          path_.empty() ? "stdout" : path_};
}

base::Result<std::unique_ptr<TextOutput>> TextOutput::open(const std::string& path) {
  std::unique_ptr<TextOutput> output(new TextOutput(stdout, path));
  if (path.empty()) return output;
  output->staged_ = !is_special_file(path);
  output->file_ = std::fopen(output->staged_ ? (path + ".staging").c_str() : path.c_str(), "wbe");
  if (output->file_ == nullptr) return output->failed("cannot create");
  return output;
}

TextOutput::~TextOutput() {
  if (path_.empty() || file_ == nullptr) return;
  std::fclose(file_);
  if (staged_) ::unlink((path_ + ".staging").c_str());  // not finished
}

base::Status TextOutput::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) return failed("cannot write");
  return {};
}

base::Status TextOutput::finish() {
  if (std::fflush(file_) != 0) return failed("cannot write");
  if (path_.empty()) return {};
  if (staged_ && ::fsync(::fileno(file_)) != 0) return failed("cannot write");
  if (std::fclose(std::exchange(file_, nullptr)) != 0) return failed("cannot write");
  if (staged_ && std::rename((path_ + ".staging").c_str(), path_.c_str()) != 0)
    return failed("cannot rename into place");
  return {};
}

}  // namespace tickerhouse::app
