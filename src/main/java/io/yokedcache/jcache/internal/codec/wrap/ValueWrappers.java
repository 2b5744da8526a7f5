package io.yokedcache.jcache.internal.codec.wrap;

import io.yokedcache.jcache.internal.settings.Settings;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * Creates the wrappers that the settings of caches name. All caches of a manager share a keyset
 * file. Safe for use by several threads.
 */
public final class ValueWrappers {

  static final String LZ4_ARTIFACT = "at.yawk.lz4:lz4-java:1.14.0";
  static final String TINK_ARTIFACT = "com.google.crypto.tink:tink:1.24.0";

  private final String namespace;
  private final long maxBytes;
  private final Map<Path, Keyset> keysets = new ConcurrentHashMap<>();

  /**
   * Creates the factory of a manager.
   *
   * @param maxBytes the longest value that is decompressed
   */
  public ValueWrappers(String namespace, long maxBytes) {
    this.namespace = namespace;
    this.maxBytes = maxBytes;
  }

  /**
   * Returns the wrapper of a cache.
   *
   * @throws CacheException if a library is not on the class path, or a keyset cannot be read
   */
  public ValueWrapper of(String cacheName, Settings.Compress compress, Settings.Encrypt encrypt) {
    Path keysetFile = encrypt.keyset();
    if (compress.algorithm() == Settings.Compress.Algorithm.NONE && keysetFile == null) {
      return ValueWrapper.none();
    }
    return new ValueWrapper(
        compression(cacheName, compress), keyset(cacheName, keysetFile), namespace, cacheName);
  }

  private @Nullable Lz4 compression(String cacheName, Settings.Compress compress) {
    return switch (compress.algorithm()) {
      case NONE -> null;
      case LZ4 ->
          withLibrary(
              LZ4_ARTIFACT,
              cacheName + ".compress.algorithm = lz4",
              () -> new Lz4(compress.above(), compress.level(), maxBytes));
    };
  }

  private @Nullable Keyset keyset(String cacheName, @Nullable Path file) {
    if (file == null) {
      return null;
    }
    return keysets.computeIfAbsent(
        file,
        absent ->
            withLibrary(
                TINK_ARTIFACT,
                cacheName + ".encrypt.keyset",
                () -> new Keyset(file, "yokedcache.caches." + cacheName + ".encrypt.keyset")));
  }

  private static <T> T withLibrary(String artifact, String setting, Supplier<T> part) {
    try {
      return part.get();
    } catch (LinkageError e) {
      throw new CacheException(
          "yokedcache.caches."
              + setting
              + " needs "
              + artifact
              + " or later on the class path, which is an optional dependency; add it, or leave the"
              + " setting out",
          e);
    }
  }
}
