#include "runtime/ingest/symbol_owners.h"

#include <algorithm>

#include "runtime/progress.h"

namespace tickerhouse::runtime {

base::Result<SymbolOwners> SymbolOwners::load(flow::Tape& tape) {
  SymbolOwners owners;
  ASSIGN_OR_RETURN(const auto sources, tape.positions(kSourcePrefix));
  for (const auto& [writer, bytes] : sources) {
    ASSIGN_OR_RETURN(const SourceProgress progress, SourceProgress::decode(bytes));
    if (!progress.finished) owners.unfinished_.insert(writer.substr(kSourcePrefix.size()));
  }
  ASSIGN_OR_RETURN(const auto reader, tape.read(flow::Topic::symbols, 0, flow::Offset{}));
  flow::TapeBatch batch;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more) return owners;
    const market::EventBatchView view(batch.bytes);
    for (const market::EventRow& row : view.rows())
      owners.sources_of_[std::string(view.string(row.symbol))].emplace_back(view.string(row.source));
    owners.row_count_ += view.rows().size();
  }
}

base::Result<SymbolOwners::Answer> SymbolOwners::claim(std::string_view symbol, std::string_view source,
                                                       bool merge) {
  auto& sources = sources_of_[std::string(symbol)];
  bool known = false;
  for (const std::string& other : sources) {
    if (other == source) {
      known = true;
    } else if (!merge && unfinished_.contains(other)) {
      return base::Error{
          base::ErrorCode::configuration,
          std::string("symbol ")
              .append(symbol)
              .append(" is brought by the unfinished source ")
              .append(other)
              .append(" too; finish that one first (start it again with the same arguments), or use --merge"),
          std::string("source ").append(source)};
    }
  }
  if (known) return Answer::known;
  sources.emplace_back(source);
  return Answer::added;
}

}  // namespace tickerhouse::runtime
