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
      Route{get, "/api/v1/bars", "symbol interval from to order limit cursor format", slow, false,
            answer_bars},
      Route{get, "/api/v1/events", "symbol limit cursor", tape, false, answer_events},
      Route{get, "/api/v1/late", "symbol limit cursor", tape, false, answer_late},
      Route{get, "/api/v1/rejects", "reason limit cursor", tape, false, answer_rejects},
      Route{get, "/api/v1/topics", "", tape, false, answer_topics},
      Route{get, "/api/v1/topics/{topic}/{partition}", "offset limit cursor", tape, false, answer_messages},
      Route{get, "/api/v1/cluster", "", brokers, false, answer_cluster},
      Route{get, "/api/v1/cluster/{topic}/{partition}", "offset before time limit whole", brokers, false,
            answer_cluster_messages},
      Route{post, "/api/v1/sql", "", slow, false, answer_sql},
      Route{get, "/api/v1/notices", "limit", quick, false, answer_notices},
      Route{get, "/api/v1/demo", "", quick, false, answer_demo},
      Route{put, "/api/v1/demo", "", slow, false, answer_set_demo},
      Route{post, "/api/v1/ticket", "", quick, false, answer_ticket},
      Route{get, "/api/v1/openapi.json", "", quick, false, answer_openapi},
      Route{get, "/api/v1/stream", "ticket", stream, false, answer_stream},
      Route{get, "/metrics", "", slow, false, answer_metrics},
      Route{get, "/livez", "", quick, true, answer_live},
      Route{get, "/readyz", "", quick, true, answer_ready},
  };
  return kRoutes;
}

}  // namespace tickerhouse::serve
