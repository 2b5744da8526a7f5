package io.yokedcache.jcache.internal.codec.wrap;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeyStatus;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A keyset of Tink in a file; the only user of Tink. A thread that uses the keyset reads the file
 * again if that was not done for a second, so that a rotation of keys needs no restart. If the file
 * cannot be read or has no valid keyset, the keys that were read last stay in use. Safe for use by
 * several threads.
 */
final class Keyset {

  private static final Logger logger = LoggerFactory.getLogger(Keyset.class);

  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int MAX_FILE_BYTES = 1 << 20;

  /** What Tink writes before a ciphertext of a key with an id: this byte and the id. */
  private static final byte TINK_PREFIX = 1;

  private static final int PREFIX_BYTES = 1 + Integer.BYTES;

  private final Path file;
  private final AtomicLong nextReadNanos;

  /** Replaced as a whole by the thread that won {@link #nextReadNanos}; never modified. */
  private volatile Keys keys;

  /** The last problem that was logged. Guarded by this. */
  private @Nullable String problem;

  /**
   * The keys of a file.
   *
   * @param content the file's text
   * @param ids the ids of the enabled keys whose ciphertexts begin with the id, or {@code null} if
   *     there are keys without one
   */
  private record Keys(String content, Aead aead, @Nullable Set<Integer> ids) {}

  /**
   * Reads the file.
   *
   * @param setting the setting that names the file, for messages
   * @throws CacheException if there is no file with a keyset for AEAD
   * @throws LinkageError if the library is not on the class path
   */
  Keyset(Path file, String setting) {
    this.file = file;
    Configuration algorithms = AeadConfig2026.get(); // first: without the library, no file helps
    try {
      this.keys = read(content(), algorithms);
    } catch (IOException e) {
      throw new CacheException(
          setting + " names " + file.toAbsolutePath() + ", which cannot be read (" + e + ")", e);
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new CacheException(
          setting
              + " names "
              + file.toAbsolutePath()
              + ", which has no JSON keyset of Tink with AEAD keys ("
              + e.getClass().getName()
              + "). Create one: tinkey create-keyset --key-template AES256_GCM --out-format json"
              + " --out FILE",
          /* cause= */ null); // the cause's message may have parts of the file
    }
    this.nextReadNanos = new AtomicLong(System.nanoTime() + INTERVAL.toNanos());
    warnIfOthersMayRead();
  }

  byte[] encrypt(byte[] value, byte[] associatedData) {
    try {
      return current().aead.encrypt(value, associatedData);
    } catch (GeneralSecurityException e) {
      throw new CodecException("A value cannot be encrypted by the keyset " + file, e);
    }
  }

  /**
   * Decrypts a value.
   *
   * @throws CodecException if it is no ciphertext of a key of this keyset with this associated data
   */
  byte[] decrypt(byte[] ciphertext, byte[] associatedData) {
    Keys now = current();
    try {
      return now.aead.decrypt(ciphertext, associatedData);
    } catch (GeneralSecurityException e) {
      throw isOfUnknownKey(ciphertext, now)
          ? new CodecException(
              Reason.UNKNOWN_KEY,
              "it is encrypted by a key that the keyset " + file + " does not have",
              e)
          : new CodecException(
              Reason.REFUSED_CIPHERTEXT,
              "it is not a value that a holder of the keyset "
                  + file
                  + " encrypted for this key of this cache: it is damaged, changed, copied from"
                  + " another entry, or not encrypted",
              e);
    }
  }

  private static boolean isOfUnknownKey(byte[] ciphertext, Keys keys) {
    return keys.ids != null
        && ciphertext.length >= PREFIX_BYTES
        && ciphertext[0] == TINK_PREFIX
        && !keys.ids.contains(ByteBuffer.wrap(ciphertext).getInt(1));
  }

  private Keys current() {
    long now = System.nanoTime();
    long due = nextReadNanos.get();
    if (now - due >= 0 && nextReadNanos.compareAndSet(due, now + INTERVAL.toNanos())) {
      readAgain();
    }
    return keys;
  }

  private synchronized void readAgain() {
    try {
      String content = content();
      if (!content.equals(keys.content)) {
        keys = read(content, AeadConfig2026.get());
        logger.info("The keyset {} has changed and was read again", file);
        warnIfOthersMayRead();
      }
      problem = null;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      // The message of another kind of exception may have parts of the file.
      String now = e instanceof IOException ? e.toString() : e.getClass().getName();
      if (!now.equals(problem)) {
        problem = now;
        logger.warn(
            "The keyset {} cannot be read again; the keys that were read last stay in use: {}",
            file,
            now);
      }
    }
  }

  private String content() throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_FILE_BYTES + 1);
      if (content.length > MAX_FILE_BYTES) {
        throw new IOException("it has more than " + MAX_FILE_BYTES + " bytes");
      }
      return new String(content, StandardCharsets.UTF_8);
    }
  }

  private static Keys read(String content, Configuration algorithms)
      throws GeneralSecurityException {
    KeysetHandle handle =
        TinkJsonProtoKeysetFormat.parseKeyset(content, algorithms, InsecureSecretKeyAccess.get());
    Aead aead = handle.getPrimitive(algorithms, Aead.class);
    Set<Integer> ids = new HashSet<>();
    boolean allHaveIds = true;
    for (int i = 0; i < handle.size(); i++) {
      KeysetHandle.Entry entry = handle.getAt(i);
      if (entry.getStatus() == KeyStatus.ENABLED) {
        Integer id = entry.getKey().getIdRequirementOrNull();
        allHaveIds &= id != null;
        ids.add(entry.getId());
      }
    }
    return new Keys(content, aead, allHaveIds ? Set.copyOf(ids) : null);
  }

  private void warnIfOthersMayRead() {
    Set<PosixFilePermission> permissions;
    try {
      permissions = Files.getPosixFilePermissions(file);
    } catch (IOException | UnsupportedOperationException e) {
      logger.debug("The permissions of {} are not known", file, e);
      return;
    }
    Set<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
    others.addAll(permissions);
    others.removeAll(
        Set.of(
            PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_EXECUTE));
    if (!others.isEmpty()) {
      logger.warn(
          "The keyset {} has the permissions {}: its keys are in clear text, so only its owner"
              + " should have access (chmod 400)",
          file,
          PosixFilePermissions.toString(permissions));
    }
  }
}
