package io.yokedcache.jcache.hibernate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;

/** The changes that wait for the end of a transaction. */
final class TransactionContextTest {

  private static final int CHANGES = 250;

  /** More changes than share a round trip. */
  @Test
  void transactionCompleted_aChangeFails_othersAreMade() {
    TransactionContext context = new TransactionContext(/* isToldOfEnd= */ true, /* jta= */ null);
    AtomicInteger made = new AtomicInteger();
    context.transactionJoined();
    for (int i = 0; i < CHANGES; i++) {
      int number = i;
      context.afterCommit(
          this,
          number,
          /* handle= */ null,
          trip ->
              () -> {
                if (number == 0) {
                  throw new CacheException("refused");
                }
                made.incrementAndGet();
              });
    }
    context.transactionCompleting();

    assertThatThrownBy(() -> context.transactionCompleted(true)).hasMessage("refused");

    assertThat(made).hasValue(CHANGES - 1);
  }
}
