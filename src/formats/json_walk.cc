// simdjson's on-demand parser checks UTF-8 and structure as it goes, and each string and literal when asked
// for it; numbers it would convert, so those are checked by our own grammar from their text (an ignored 1e400
// or 30 digits are legal JSON).
#include "formats/json_walk.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/decimal.h"

namespace tickerhouse::formats {

namespace ondemand = simdjson::ondemand;

struct JsonWalker::Parser {
  ondemand::parser parser;
  std::string padded;  // simdjson reads up to SIMDJSON_PADDING bytes beyond the end
};

namespace {

std::vector<std::vector<std::string>> paths_of(const std::vector<std::string>& keys) {
  std::vector<std::vector<std::string>> paths;
  paths.reserve(keys.size());
  for (const std::string& key : keys) paths.push_back({key});
  return paths;
}

std::string_view trimmed(std::string_view token) {
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\t' || token.back() == '\r' || token.back() == '\n'))
    token.remove_suffix(1);
  return token;
}

}  // namespace

// Where a walk stands: which wanted paths still match the keys so far. At most 64 paths, one bit each.
struct JsonWalker::Walk {
  JsonWalker& walker;
  bool repeated = false;

  // Each function: false = not JSON.
  bool object(ondemand::object object, int depth, std::uint64_t live, Element* element) {
    if (depth > kJsonDepthMax) return false;
    const std::size_t first_key = walker.keys_.size();
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field) != simdjson::SUCCESS) return false;
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      walker.keys_.push_back(key);
      if (!member(field.value(), key, depth, live, element)) return false;
    }
    const auto begin = walker.keys_.begin() + static_cast<std::ptrdiff_t>(first_key);
    std::sort(begin, walker.keys_.end());
    repeated = repeated || std::adjacent_find(begin, walker.keys_.end()) != walker.keys_.end();
    walker.keys_.resize(first_key);
    return true;
  }

  bool member(ondemand::value value, std::string_view key, int depth, std::uint64_t live, Element* element) {
    RawField found;
    const auto level = static_cast<std::size_t>(depth) - 1;
    std::uint64_t deeper = 0;
    std::uint64_t here = 0;
    for (std::size_t i = 0; live >> i != 0; ++i) {
      const auto& path = walker.paths_[i];
      if ((live >> i & 1U) == 0 || level >= path.size() || path[level] != key) continue;
      (level + 1 == path.size() ? here : deeper) |= std::uint64_t{1} << i;
    }
    const bool is_elements =
        depth == 1 && element == nullptr && !walker.elements_key_.empty() && key == walker.elements_key_;
    if (!any(value, depth, deeper, is_elements, found)) return false;
    for (std::size_t i = 0; here >> i != 0; ++i)
      if ((here >> i & 1U) != 0) walker.slots_[i] = found;
    if (element != nullptr)
      for (std::size_t i = 0; i < walker.element_keys_.size(); ++i)
        if (walker.element_keys_[i] == key) element->slots[i] = found;
    return true;
  }

  bool any(ondemand::value value, int depth, std::uint64_t live, bool is_elements, RawField& found) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    found = {RawType::other, {}};
    switch (type) {
      case ondemand::json_type::object: {
        ondemand::object inner;
        return value.get_object().get(inner) == simdjson::SUCCESS && object(inner, depth + 1, live, nullptr);
      }
      case ondemand::json_type::array: {
        ondemand::array inner;
        if (value.get_array().get(inner) != simdjson::SUCCESS) return false;
        walker.has_elements_ = walker.has_elements_ || is_elements;
        return array(inner, depth + 1, is_elements);
      }
      case ondemand::json_type::string:
        found.type = RawType::text;
        return value.get_string().get(found.text) == simdjson::SUCCESS;
      case ondemand::json_type::number:
        found = {RawType::number, trimmed(value.raw_json_token())};
        return base::is_json_number(found.text);  // the iterator skips a value that was only looked at
      case ondemand::json_type::boolean: {
        found.text = trimmed(value.raw_json_token());
        return found.text == "true" || found.text == "false";
      }
      case ondemand::json_type::null:
        found = {};
        return trimmed(value.raw_json_token()) == "null";
    }
    return false;
  }

  bool array(ondemand::array array, int depth, bool is_elements) {
    if (depth > kJsonDepthMax) return false;
    for (auto result : array) {
      ondemand::value value;
      if (result.get(value) != simdjson::SUCCESS) return false;
      RawField ignored;
      if (!is_elements) {
        if (!any(value, depth, 0, false, ignored)) return false;
        continue;
      }
      Element& element = next_element();
      ondemand::json_type type{};
      if (value.type().get(type) != simdjson::SUCCESS) return false;
      element.is_object = type == ondemand::json_type::object;
      if (!element.is_object) {
        if (!any(value, depth, 0, false, ignored)) return false;
        continue;
      }
      ondemand::object inner;
      if (value.get_object().get(inner) != simdjson::SUCCESS || !object(inner, depth + 1, 0, &element))
        return false;
    }
    return true;
  }

  Element& next_element() {
    if (walker.element_count_ == walker.elements_.size()) walker.elements_.emplace_back();
    Element& element = walker.elements_[walker.element_count_++];
    element.slots.assign(walker.element_keys_.size(), RawField{});
    return element;
  }
};

JsonWalker::JsonWalker(std::vector<std::vector<std::string>> paths, std::string elements_key,
                       std::vector<std::string> element_keys)
    : paths_(std::move(paths)),
      elements_key_(std::move(elements_key)),
      element_keys_(std::move(element_keys)),
      slots_(paths_.size()),
      parser_(std::make_unique<Parser>()) {
  CHECK(paths_.size() < 64);
}
JsonWalker::JsonWalker(const std::vector<std::string>& keys) : JsonWalker(paths_of(keys), "", {}) {}
JsonWalker::~JsonWalker() = default;

std::optional<market::RejectReason> JsonWalker::walk(std::string_view line) {
  std::fill(slots_.begin(), slots_.end(), RawField{});
  element_count_ = 0;
  has_elements_ = false;
  keys_.clear();
  std::string& padded = parser_->padded;
  padded.assign(line);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view view(padded.data(), line.size(), padded.size());
  if (parser_->parser.iterate(view).get(document) != simdjson::SUCCESS) return market::RejectReason::bad_json;
  if (document.get_object().get(object) != simdjson::SUCCESS) return market::RejectReason::bad_json;
  Walk walk{*this};
  const std::uint64_t all = (std::uint64_t{1} << paths_.size()) - 1;
  if (!walk.object(object, 1, all, nullptr)) return market::RejectReason::bad_json;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return market::RejectReason::bad_json;  // bytes after the object
  if (walk.repeated) return market::RejectReason::repeated_key;
  return std::nullopt;
}

}  // namespace tickerhouse::formats
