package tickerhouse.peers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Open is the first trade by event time and close the last; of two at the same time the one that came first opens, the other closes. */
public final class Bar {
  public static final int BYTES = 8 * 8;

  public String symbol = "";
  public long start;
  public long openTs = Long.MAX_VALUE;
  public long closeTs = Long.MIN_VALUE;
  public double open;
  public double high = Double.NEGATIVE_INFINITY;
  public double low = Double.POSITIVE_INFINITY;
  public double close;
  public long volume;
  public long count;

  public Bar add(Event event) {
    if (event.ts_epoch_ms < openTs) {
      openTs = event.ts_epoch_ms;
      open = event.price;
    }
    if (event.ts_epoch_ms >= closeTs) {
      closeTs = event.ts_epoch_ms;
      close = event.price;
    }
    high = Math.max(high, event.price);
    low = Math.min(low, event.price);
    volume += event.volume;
    ++count;
    return this;
  }

  public byte[] state() {
    return ByteBuffer.allocate(BYTES).putLong(openTs).putLong(closeTs).putDouble(open).putDouble(high).putDouble(low).putDouble(close)
        .putLong(volume).putLong(count).array();
  }

  public static Bar of(byte[] state) {
    ByteBuffer in = ByteBuffer.wrap(state);
    Bar bar = new Bar();
    bar.openTs = in.getLong();
    bar.closeTs = in.getLong();
    bar.open = in.getDouble();
    bar.high = in.getDouble();
    bar.low = in.getDouble();
    bar.close = in.getDouble();
    bar.volume = in.getLong();
    bar.count = in.getLong();
    return bar;
  }

  public byte[] json() {
    return ("{\"symbol\":\"" + symbol + "\",\"start\":" + start + ",\"open\":" + open + ",\"high\":" + high + ",\"low\":" + low + ",\"close\":" + close
        + ",\"volume\":" + volume + ",\"count\":" + count + "}").getBytes(StandardCharsets.US_ASCII);
  }
}
