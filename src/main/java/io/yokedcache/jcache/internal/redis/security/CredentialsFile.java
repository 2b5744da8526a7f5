package io.yokedcache.jcache.internal.redis.security;

import io.yokedcache.jcache.spi.CredentialsProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * A password in a file, and perhaps the user in another one. Both are read at each call, and not
 * when the file system tells of a change: the files of a Kubernetes secret are symbolic links below
 * a folder that is swapped, and network file systems tell nothing. Line breaks at the end are
 * ignored. Immutable.
 *
 * @param user file with the user; {@code null} if there is none
 */
record CredentialsFile(Path password, @Nullable Path user) implements CredentialsProvider {

  private static final int MAX_BYTES = 1 << 16;

  @Override
  public Credentials credentials() {
    return new Credentials(user == null ? null : text(user), text(password));
  }

  private static String text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new CacheException(
            "%s has more than %s bytes. It is to have a password alone".formatted(file, MAX_BYTES));
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      int end = text.length();
      while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
        end--;
      }
      if (end == 0) {
        throw new CacheException(file + " is empty. Write the whole secret into it");
      }
      return text.substring(0, end);
    } catch (NoSuchFileException e) {
      throw new CacheException(
          "there is no file " + file + ". Check the path, and that the secret is mounted", e);
    } catch (AccessDeniedException e) {
      throw new CacheException(
          file + " may not be read. Allow the user of this process to read it", e);
    } catch (CharacterCodingException e) {
      throw new CacheException(file + " is not UTF-8. Store the secret as text", e);
    } catch (IOException e) {
      throw new CacheException(file + " cannot be read (" + e.getMessage() + ")", e);
    }
  }
}
