#include <nlohmann/json.hpp>

#include "serve/json_text.h"
#include "serve/routes/parameters.h"
#include "serve/routes/routes.h"

namespace tickerhouse::serve {
namespace {

constexpr double kRateMax = 0.2;

Answer no_demo() {
  return error_answer(404, "no_demo", "the source is not the demo's simulator", "start one with: ./run demo");
}

Answer bad_faults(std::string_view message) {
  return error_answer(400, "bad_faults", message, "PUT what GET answers, each rate from 0 to 0.2");
}

}  // namespace

Answer answer_demo(Core& core, const Call&) {
  if (!core.parts.demo_faults) return no_demo();
  std::string out;
  JsonText json(out);
  json.begin('{').key("faults").begin('{');
  for (const auto& [name, rate] : core.parts.demo_faults()) json.key(name).real(rate);
  json.end('}').end('}');
  return json_answer(std::move(out));
}

Answer answer_set_demo(Core& core, const Call& call) {
  if (!core.parts.demo_faults || !core.parts.set_demo_faults) return no_demo();
  const auto body = nlohmann::json::parse(call.request.body, nullptr, false);
  const auto given = body.is_object() ? body.find("faults") : body.end();
  if (!body.is_object() || body.size() != 1 || given == body.end() || !given->is_object())
    return bad_faults("expected {\"faults\":{...}}");
  DemoFaults faults = core.parts.demo_faults();
  for (const auto& [name, rate] : given->items()) {
    const auto known = faults.find(name);
    if (known == faults.end())
      return bad_faults(std::string("there is no fault \"").append(name).append("\""));
    if (!rate.is_number() || !(rate.get<double>() >= 0) || rate.get<double>() > kRateMax)
      return bad_faults(std::string(name).append(": expected a rate from 0 to 0.2"));
    known->second = rate.get<double>();
  }
  const base::Status set = core.parts.set_demo_faults(faults);
  return set.ok() ? answer_demo(core, call) : error_answer(set.error());
}

}  // namespace tickerhouse::serve
