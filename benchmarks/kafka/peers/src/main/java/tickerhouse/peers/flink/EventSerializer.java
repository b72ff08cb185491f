package tickerhouse.peers.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;
import tickerhouse.peers.Event;

/** Four plain fields across the exchange by key: no reflection, no boxing. */
public final class EventSerializer extends TypeSerializerSingleton<Event> {
  public static final EventSerializer INSTANCE = new EventSerializer();

  @Override public boolean isImmutableType() { return false; }
  @Override public Event createInstance() { return new Event(); }
  @Override public Event copy(Event from) { return copy(from, new Event()); }
  @Override public int getLength() { return -1; }
  @Override public Event deserialize(DataInputView in) throws IOException { return deserialize(new Event(), in); }
  @Override public void copy(DataInputView in, DataOutputView out) throws IOException { serialize(deserialize(in), out); }
  @Override public TypeSerializerSnapshot<Event> snapshotConfiguration() { return new Snapshot(); }

  @Override public Event copy(Event from, Event to) {
    to.symbol = from.symbol;
    to.price = from.price;
    to.volume = from.volume;
    to.ts_epoch_ms = from.ts_epoch_ms;
    return to;
  }

  @Override public void serialize(Event event, DataOutputView out) throws IOException {
    StringValue.writeString(event.symbol, out);
    out.writeDouble(event.price);
    out.writeLong(event.volume);
    out.writeLong(event.ts_epoch_ms);
  }

  @Override public Event deserialize(Event event, DataInputView in) throws IOException {
    event.symbol = StringValue.readString(in);
    event.price = in.readDouble();
    event.volume = in.readLong();
    event.ts_epoch_ms = in.readLong();
    return event;
  }

  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Event> {
    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
