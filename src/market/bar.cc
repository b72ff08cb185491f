#include "market/bar.h"

#include <utility>

namespace tickerhouse::market {

std::string quality_names(std::uint16_t bits) {
  static constexpr std::array<std::pair<std::uint16_t, const char*>, 5> kNames = {
      {{quality::kPartial, "partial"},
       {quality::kGap, "gap"},
       {quality::kLate, "late"},
       {quality::kCorrected, "corrected"},
       {quality::kOverflow, "overflow"}}};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if ((bits & bit) == 0) continue;
    if (!text.empty()) text.push_back('|');
    text.append(name);
  }
  return text;
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

}  // namespace tickerhouse::market
