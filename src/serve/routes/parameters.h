// Parameters of a query, and what is said of wrong ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "serve/core.h"

namespace tickerhouse::serve {

inline constexpr std::uint64_t kLimitDefault = 500;
inline constexpr std::uint64_t kLimitMax = 10'000;

// `limit`; invalid_argument unless from 1 to kLimitMax.
base::Result<std::uint64_t> limit_of(const Call& call, std::uint64_t otherwise = kLimitDefault);
// A date or an ISO time.
base::Result<base::TsNanos> time_of(const Call& call, std::string_view name, base::TsNanos otherwise);
// Digits only.
std::optional<std::uint64_t> whole_number(std::string_view text);

Answer json_answer(std::string body);
Answer unknown_symbol(std::string_view symbol);

}  // namespace tickerhouse::serve
