package io.yokedcache.jcache;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import org.jspecify.annotations.Nullable;

/** An application's own policy: constant answers, and a note of each question. */
final class CountingPolicy implements ExpiryPolicy {

  private final Duration onCreation;
  private final @Nullable Duration onUpdate;
  private final @Nullable Duration onAccess;
  private final List<String> questions = new CopyOnWriteArrayList<>();

  CountingPolicy(Duration onCreation, @Nullable Duration onUpdate, @Nullable Duration onAccess) {
    this.onCreation = onCreation;
    this.onUpdate = onUpdate;
    this.onAccess = onAccess;
  }

  /** Returns what was asked: creation, update or access. */
  List<String> questions() {
    return questions;
  }

  @Override
  public Duration getExpiryForCreation() {
    questions.add("creation");
    return onCreation;
  }

  @Override
  public @Nullable Duration getExpiryForAccess() {
    questions.add("access");
    return onAccess;
  }

  @Override
  public @Nullable Duration getExpiryForUpdate() {
    questions.add("update");
    return onUpdate;
  }
}
