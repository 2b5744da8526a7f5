package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Pending;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import java.util.function.Consumer;

/** Sends requests whose replies nobody waits for yet: each at once, or several together. */
public interface RequestSender {

  /**
   * Sends a request, now or later.
   *
   * @param executor has the connections to its server
   * @param arrived is called once, by a thread that may wait, when the replies are there or the
   *     request must be made in another way
   */
  void send(RedisExecutor executor, Request request, Consumer<Pending> arrived);

  /** Has a step done that sends its own requests, by a thread that may wait. */
  void run(Runnable step);

  /** Sends each request at once. The threads of the queue go on with the replies. */
  static RequestSender atOnce(AsyncQueue queue) {
    return new RequestSender() {
      @Override
      public void send(RedisExecutor executor, Request request, Consumer<Pending> arrived) {
        executor.begin(request, queue, arrived);
      }

      @Override
      public void run(Runnable step) {
        queue.run(step);
      }
    };
  }
}
