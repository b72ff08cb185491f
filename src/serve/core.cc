#include "serve/core.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "serve/pages.h"

namespace tickerhouse::serve {
namespace {

std::vector<std::string_view> cut(std::string_view text, char by) {
  std::vector<std::string_view> pieces;
  while (true) {
    const std::size_t end = std::min(text.find(by), text.size());
    pieces.push_back(text.substr(0, end));
    if (end == text.size()) return pieces;
    text.remove_prefix(end + 1);
  }
}

bool matches(std::string_view pattern, std::string_view path, Call& call) {
  const auto wanted = cut(pattern, '/');
  const auto given = cut(path, '/');
  if (wanted.size() != given.size()) return false;
  call.in_path.clear();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{'))
      call.in_path[wanted[i].substr(1, wanted[i].size() - 2)] = given[i];
    else if (wanted[i] != given[i])
      return false;
  }
  return true;
}

std::string allowed_methods(std::string_view path) {
  std::string allow;
  for (const Route& route : routes()) {
    if (route.path != path) continue;
    if (!allow.empty()) allow.append(", ");
    allow.append(route.method == Method::get ? "GET, HEAD" : route.method == Method::put ? "PUT" : "POST");
  }
  return allow;
}

Answer not_allowed(const std::string& allow) {
  Answer answer = error_answer(405, "method_not_allowed", std::string("this takes ").append(allow));
  answer.headers.emplace_back("Allow", allow);
  return answer;
}

std::optional<Answer> unknown_parameter(const Route& route, const Query& query) {
  const auto known = cut(route.parameters, ' ');
  for (const auto& [name, value] : query)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return error_answer(400, "unknown_parameter",
                          std::string("there is no parameter \"").append(name).append("\""),
                          route.parameters.empty() ? std::string("this takes none")
                                                   : std::string("known: ").append(route.parameters));
  return std::nullopt;
}

Dispatch answered(std::string_view route, Answer answer) {
  Dispatch dispatch;
  dispatch.route = route;
  dispatch.answer = std::move(answer);
  return dispatch;
}

Dispatch other_path(Request& request) {
  const PageFile* page = find_page(request.path);
  if (page == nullptr)
    return answered("other", error_answer(404, "not_found", "there is nothing at this path",
                                          "GET /api/v1/openapi.json lists what there is"));
  if (request.method != Method::get && request.method != Method::head)
    return answered("page", not_allowed("GET, HEAD"));
  return answered("page", page_answer(*page, request));
}

Dispatch on_route(Core& core, const Route& route, const Request& request, Call call) {
  if (!route.open) {
    const std::string* ticket = route.kind == RouteKind::stream ? call.parameter("ticket") : nullptr;
    if (auto refused = core.access.unauthorised(request, ticket != nullptr ? std::string_view(*ticket) : ""))
      return answered(route.path, std::move(*refused));
  }
  if (auto refused = unknown_parameter(route, request.query))
    return answered(route.path, std::move(*refused));
  Dispatch dispatch;
  dispatch.route = route.path;
  dispatch.kind = route.kind;
  dispatch.upgrade = route.kind == RouteKind::stream && request.upgrade;
  if (dispatch.upgrade) return dispatch;
  if (route.kind == RouteKind::quick || route.kind == RouteKind::stream)
    dispatch.answer = route.answer(core, call);
  else
    dispatch.job = [&core, &route, call = std::move(call)] { return route.answer(core, call); };
  return dispatch;
}

}  // namespace

const std::string* Call::parameter(std::string_view name) const {
  for (const auto& [key, value] : request.query)
    if (key == name) return &value;
  return nullptr;
}

Dispatch dispatch(Core& core, Request& request) {
  if (auto refused = core.access.refused(request)) return answered("other", std::move(*refused));
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string_view target = request.target;
  auto path = percent_decoded(target.substr(0, mark), false);
  auto query = parse_query(target.substr(std::min(target.size(), mark + 1)));
  if (!path || !query || !path->starts_with('/'))
    return answered("other", error_answer(400, "bad_target", "the path or the query cannot be read"));
  request.path = std::move(*path);
  request.query = std::move(*query);
  Call call{request, {}};
  std::string_view known_path;
  for (const Route& route : routes()) {
    if (!matches(route.path, request.path, call)) continue;
    known_path = route.path;
    const Method method = request.method == Method::head ? Method::get : request.method;
    if (method == route.method) return on_route(core, route, request, std::move(call));
  }
  if (!known_path.empty()) return answered(known_path, not_allowed(allowed_methods(known_path)));
  return other_path(request);
}

}  // namespace tickerhouse::serve
