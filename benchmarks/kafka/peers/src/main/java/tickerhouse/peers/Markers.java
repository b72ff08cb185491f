package tickerhouse.peers;

import java.util.concurrent.CountDownLatch;

/** A run ends when all markers have been processed: counts of events lie where some were dropped, or a transaction was done again. */
public final class Markers {
  private static volatile CountDownLatch left = new CountDownLatch(0);

  public static void expect(int count) {
    left = new CountDownLatch(count);
  }

  public static void note(Event event) {
    if (event.isMarker()) left.countDown();
  }

  public static void await() throws InterruptedException {
    left.await();
  }
}
