package tickerhouse.peers;

import com.alibaba.fastjson2.JSON;

/** What of one of our events the job needs. The times are those of ts_epoch_ms: trades of the benchmark have no finer ones. */
public final class Event {
  public String symbol;
  public double price;
  public long volume;
  public long ts_epoch_ms;

  /** Null: a watermark or a status, which say what these engines find out themselves. */
  public static Event parse(byte[] json) {
    Event event = JSON.parseObject(json, Event.class);
    return event.symbol == null ? null : event;
  }

  /** The last trades of each partition are of symbols that begin with '~': they only move event time on. */
  public boolean isMarker() {
    return symbol.charAt(0) == '~';
  }
}
