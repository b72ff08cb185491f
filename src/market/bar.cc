#include "market/bar.h"

#include <algorithm>
#include <utility>

namespace tickerhouse::market {

namespace {

constexpr std::array<std::pair<std::uint16_t, const char*>, 5> kNames = {{{quality::kPartial, "partial"},
                                                                          {quality::kGap, "gap"},
                                                                          {quality::kLate, "late"},
                                                                          {quality::kCorrected, "corrected"},
                                                                          {quality::kOverflow, "overflow"}}};

}  // namespace

std::string quality_names(std::uint16_t bits) {
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if ((bits & bit) == 0) continue;
    if (!text.empty()) text.push_back('|');
    text.append(name);
  }
  return text;
}

std::optional<std::uint16_t> quality_of(std::string_view names) {
  std::uint16_t bits = 0;
  while (!names.empty()) {
    const std::size_t bar = std::min(names.find('|'), names.size());
    const auto* const found = std::find_if(kNames.begin(), kNames.end(), [&](const auto& known) {
      return names.substr(0, bar) == known.second;
    });
    if (found == kNames.end()) return std::nullopt;
    bits |= found->first;
    names.remove_prefix(std::min(bar + 1, names.size()));
  }
  return bits;
}

const char* state_name(BarState state) {
  switch (state) {
    case BarState::provisional:
      return "provisional";
    case BarState::final:
      return "final";
    case BarState::revised:
      return "revised";
  }
  return "?";
}

std::optional<BarState> state_of(std::string_view name) {
  for (const BarState state : {BarState::provisional, BarState::final, BarState::revised})
    if (name == state_name(state)) return state;
  return std::nullopt;
}

}  // namespace tickerhouse::market
