// A sink that cannot say what its target has would write twice after a crash.
#include "flow/sink.h"

class Forgetful final : public tickerhouse::flow::Sink {
 public:
  [[nodiscard]] const tickerhouse::flow::SinkInfo& info() const override { return info_; }
#ifdef TICKERHOUSE_MISUSE_OK
  tickerhouse::base::Result<tickerhouse::flow::SinkPosition> restore() override {
    return tickerhouse::flow::SinkPosition();
  }
#endif
  tickerhouse::base::Status apply(const tickerhouse::flow::ResultBatch&) override { return {}; }
  tickerhouse::base::Result<tickerhouse::flow::SinkPosition> flush() override {
    return tickerhouse::flow::SinkPosition();
  }

 private:
  tickerhouse::flow::SinkInfo info_;
};

void caller() { Forgetful sink; }
