// Results: a value or a failure, and how a failure travels.
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace tickerhouse::base {
namespace {

Status fails() { return Error{ErrorCode::io, "broken", "a.csv"}; }
Result<std::string> text_of(int value) { return std::to_string(value); }
Result<std::size_t> passes_on(bool fail) {
  if (fail) RETURN_IF_ERROR(fails());
  ASSIGN_OR_RETURN(const std::string text, text_of(1234));
  return text.size() + 4;
}

TEST(Result, AFailureGoesUpWithItsCodeAndPlace) {
  EXPECT_EQ(passes_on(false).value(), 8U);
  const auto failed = passes_on(true);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::io);
  EXPECT_EQ(failed.error().message(), "a.csv: broken");
  EXPECT_EQ((Error{ErrorCode::io, "broken", ""}).message(), "broken");
  EXPECT_TRUE(Status().ok());
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 3);
}

TEST(ResultDeath, TheOtherHalfIsAProgrammersError) {
  const Result<int> failed(Error{ErrorCode::io, "broken", ""});
  const Result<int> fine(1);
  EXPECT_DEATH((void)failed.value(), "");
  EXPECT_DEATH((void)fine.error(), "");
  EXPECT_DEATH((void)Status().error(), "");
}

}  // namespace
}  // namespace tickerhouse::base
