package io.yokedcache.jcache.internal.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads of entries; part of {@link EntryStore}, or faster and up to a bound behind it. */
public interface EntryReads {

  /**
   * Reads an entry.
   *
   * @param onAccess its time to live after this read
   * @return its bytes, or {@code null} if there is none
   */
  @Nullable Bytes get(Bytes key, Ttl onAccess);

  /**
   * Reads several entries.
   *
   * @return bytes or {@code null} for each key, in the order of the keys
   */
  List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess);
}
