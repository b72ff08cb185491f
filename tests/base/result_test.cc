// Results: a value or a failure, and how a failure travels.
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace tickerhouse::base {
namespace {

Status fails() { return Error{ErrorCode::io, "broken", "a.csv"}; }
Result<int> passes_on(bool fail) {
  if (fail) RETURN_IF_ERROR(fails());
  ASSIGN_OR_RETURN(const int value, Result<int>(7));
  return value + 1;
}

TEST(Result, AFailureGoesUpWithItsCodeAndPlace) {
  EXPECT_EQ(*passes_on(false), 8);
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
