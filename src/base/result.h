// Result<T> and Status: how an expected failure travels. A failure says its code, what went wrong and where
// (a file, a key, an offset), in words a user can act on; programmer errors are CHECKs instead.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace tickerhouse::base {

// The codes are the distinctions callers act on; app turns each into an exit code (docs/exit-codes in
// --help).
enum class ErrorCode {
  invalid_argument,  // a value from outside is not acceptable
  configuration,     // settings contradict each other, the directory or the input
  not_found,         // a file or directory that must exist does not
  io,                // the operating system refused
  no_space,          // disk or tape is full: resumable once there is space
  damaged,       // a checksum or an invariant of stored data does not hold, or its version is newer than ours
  busy,          // somebody else owns it
  cut_off,       // compressed input ends early
  check_failed,  // two things that must be equal are not
  over_limit,    // it would take more time, memory or room than it is allowed
};

struct Error {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string what;
  std::string where;  // may be empty

  [[nodiscard]] std::string message() const {
    if (where.empty()) return what;
    std::string text = where;
    return text.append(": ").append(what);
  }
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): so that an Error can be returned
  Status(Error error) : failed_(true), error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] const Error& error() const {
    CHECK(failed_);
    return error_;
  }

 private:
  bool failed_ = false;
  Error error_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): so that a value can be returned
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): likewise
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  [[nodiscard]] const Error& error() const {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace tickerhouse::base

// Hands a failure up. The only control-flow macros in the tree.
#define TICKERHOUSE_CONCAT_INNER(a, b) a##b
#define TICKERHOUSE_CONCAT(a, b) TICKERHOUSE_CONCAT_INNER(a, b)
#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (auto status_ = (expression); !status_.ok()) return status_.error(); \
  } while (false)
#define ASSIGN_OR_RETURN_INNER(temporary, target, expression) \
  auto temporary = (expression);                              \
  if (!temporary.ok()) return temporary.error();              \
  target = std::move(temporary).value()
#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_INNER(TICKERHOUSE_CONCAT(result_, __LINE__), target, expression)
