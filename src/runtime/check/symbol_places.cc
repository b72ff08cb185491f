#include "runtime/check/symbol_places.h"

namespace tickerhouse::runtime {

base::Status SymbolPlaces::check() {
  ASSIGN_OR_RETURN(const auto reader, tape_.read(flow::Topic::symbols, 0, next_));
  flow::TapeBatch batch;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more) return {};
    const market::EventBatchView view(batch.bytes);
    for (std::size_t i = batch.skip; i < view.rows().size(); ++i) {
      const market::EventRow& row = view.rows()[i];
      const std::string_view symbol = view.string(row.symbol);
      const std::string_view place = view.string(row.source);
      const auto [known, is_new] = place_of_.try_emplace(std::string(symbol), place);
      if (is_new || known->second == place) continue;
      return base::Error{base::ErrorCode::configuration,
                         std::string("is not keyed by symbol: ")
                             .append(symbol)
                             .append(" is in ")
                             .append(known->second)
                             .append(" and in ")
                             .append(place)
                             .append(", so its bars would each lack trades. Read it as a source (without "
                                     "--keyed, into another --data directory and another --pipeline)"),
                         std::string("Kafka, topic ").append(tape_.events_of())};
    }
    next_ = batch.next;
  }
}

std::string place_of_messages(const flow::Tape& tape, std::uint16_t partition) {
  const std::string topic = tape.events_of();
  return topic.empty() ? topic : std::string(topic).append("/").append(std::to_string(partition));
}

}  // namespace tickerhouse::runtime
