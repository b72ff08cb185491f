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
Answer answer_stream(Core& core, const Call& call);  // to a request that asks for no WebSocket
// demo.cc
Answer answer_demo(Core& core, const Call& call);
Answer answer_set_demo(Core& core, const Call& call);
// bars.cc, sql.cc
Answer answer_bars(Core& core, const Call& call);
Answer answer_sql(Core& core, const Call& call);
// metrics.cc
Answer answer_metrics(Core& core, const Call& call);
// topics.cc
Answer answer_events(Core& core, const Call& call);
Answer answer_late(Core& core, const Call& call);
Answer answer_rejects(Core& core, const Call& call);
Answer answer_topics(Core& core, const Call& call);
Answer answer_messages(Core& core, const Call& call);

// cluster.cc
Answer answer_cluster(Core& core, const Call& call);
Answer answer_cluster_messages(Core& core, const Call& call);

}  // namespace tickerhouse::serve
