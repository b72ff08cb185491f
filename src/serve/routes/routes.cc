#include "serve/routes/routes.h"

#include <array>

namespace tickerhouse::serve {

std::span<const Route> routes() {
  using enum Method;
  using enum RouteKind;
  static constexpr std::array kRoutes = {
      Route{get, "/api/v1/status", "", slow, false, answer_status},
      Route{get, "/api/v1/ledger", "", slow, false, answer_ledger},
      Route{get, "/api/v1/symbols", "", quick, false, answer_symbols},
      Route{get, "/api/v1/latest", "symbol", quick, false, answer_latest},
      Route{get, "/api/v1/notices", "limit", quick, false, answer_notices},
      Route{get, "/api/v1/demo", "", quick, false, answer_demo},
      Route{put, "/api/v1/demo", "", slow, false, answer_set_demo},
      Route{post, "/api/v1/ticket", "", quick, false, answer_ticket},
      Route{get, "/livez", "", quick, true, answer_live},
      Route{get, "/readyz", "", quick, true, answer_ready},
  };
  return kRoutes;
}

}  // namespace tickerhouse::serve
