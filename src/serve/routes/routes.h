// The answers of the routes; the table that names them is routes.cc.
#pragma once

#include "serve/core.h"

namespace tickerhouse::serve {

// state.cc
Answer answer_status(Core& core, const Call& call);
Answer answer_ledger(Core& core, const Call& call);
Answer answer_symbols(Core& core, const Call& call);
Answer answer_latest(Core& core, const Call& call);
Answer answer_notices(Core& core, const Call& call);
Answer answer_live(Core& core, const Call& call);
Answer answer_ready(Core& core, const Call& call);
Answer answer_ticket(Core& core, const Call& call);
Answer answer_openapi(Core& core, const Call& call);
// demo.cc
Answer answer_demo(Core& core, const Call& call);
Answer answer_set_demo(Core& core, const Call& call);

// Shared by them.
inline constexpr std::uint64_t kLimitDefault = 500;
inline constexpr std::uint64_t kLimitMax = 10'000;
// The parameter `limit`; 400 if it is none.
base::Result<std::uint64_t> limit_of(const Call& call, std::uint64_t otherwise = kLimitDefault);
Answer json_answer(std::string body);
Answer unknown_symbol(std::string_view symbol);

}  // namespace tickerhouse::serve
