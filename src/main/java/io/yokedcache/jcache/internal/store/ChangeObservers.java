package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.Arrays;
import java.util.List;

/** The observers of a cache, as one observer. Safe for use by several threads. */
final class ChangeObservers implements ChangeObserver {

  /** An array and not a list: going over it allocates nothing. Replaced under the monitor. */
  private volatile ChangeObserver[] all = {};

  synchronized void add(ChangeObserver observer) {
    if (Arrays.asList(all).contains(observer)) {
      return;
    }
    ChangeObserver[] more = Arrays.copyOf(all, all.length + 1);
    more[all.length] = observer;
    all = more;
  }

  @Override
  public void beforeChange(Bytes key) {
    for (ChangeObserver observer : all) {
      observer.beforeChange(key);
    }
  }

  @Override
  public void beforeUntrackedChange(Bytes key) {
    for (ChangeObserver observer : all) {
      observer.beforeUntrackedChange(key);
    }
  }

  @Override
  public void afterChange(Bytes key) {
    for (ChangeObserver observer : all) {
      observer.afterChange(key);
    }
  }

  @Override
  public void beforeClear() {
    for (ChangeObserver observer : all) {
      observer.beforeClear();
    }
  }

  @Override
  public void afterClear() {
    for (ChangeObserver observer : all) {
      observer.afterClear();
    }
  }

  @Override
  public void beforeTagInvalidation() {
    for (ChangeObserver observer : all) {
      observer.beforeTagInvalidation();
    }
  }

  @Override
  public void afterTagInvalidation(List<Bytes> tags) {
    for (ChangeObserver observer : all) {
      observer.afterTagInvalidation(tags);
    }
  }
}
