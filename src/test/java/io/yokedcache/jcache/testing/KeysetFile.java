package io.yokedcache.jcache.testing;

import static com.google.crypto.tink.KeysetHandle.generateEntryFromParameters;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;

/** A file with a keyset of Tink, whose keys a test rotates as {@code tinkey} does. */
public final class KeysetFile {

  private final Path path;
  private KeysetHandle keys;

  private KeysetFile(Path path, KeysetHandle keys) {
    this.path = path;
    this.keys = keys;
    write();
  }

  /** Creates a file with one key. */
  public static KeysetFile create(Path path) {
    try {
      return new KeysetFile(
          path,
          KeysetHandle.newBuilder()
              .addEntry(
                  generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                      .withRandomId()
                      .makePrimary())
              .setConfiguration(AeadConfig2026.get())
              .build());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds a key that encrypts from now on. */
  public void addPrimary() {
    try {
      keys =
          KeysetHandle.newBuilder(keys)
              .addEntry(
                  generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                      .withRandomId()
                      .makePrimary())
              .setConfiguration(AeadConfig2026.get())
              .build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    write();
  }

  /** Removes the oldest key. */
  public void removeOldest() {
    try {
      keys =
          KeysetHandle.newBuilder(keys).deleteAt(0).setConfiguration(AeadConfig2026.get()).build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    write();
  }

  /** The id of the key that encrypts. */
  public int primaryId() {
    return keys.getPrimary().getId();
  }

  public Path path() {
    return path;
  }

  /** Replaces the file at once, as Kubernetes and careful people do. */
  private void write() {
    try {
      Path next = path.resolveSibling(path.getFileName() + ".next");
      Files.writeString(
          next,
          TinkJsonProtoKeysetFormat.serializeKeyset(
              keys, AeadConfig2026.get(), InsecureSecretKeyAccess.get()));
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-------"));
      Files.move(next, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
