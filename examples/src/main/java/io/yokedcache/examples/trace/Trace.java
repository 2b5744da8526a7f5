package io.yokedcache.examples.trace;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tukaani.xz.XZInputStream;

/**
 * A recorded sequence of cache accesses, read as a stream: big-endian 32-bit integers, each a key.
 * A file whose name ends in {@code .xz} is decompressed. For one thread.
 */
final class Trace implements AutoCloseable {

  private final Path file;
  private final InputStream in;
  private final byte[] bytes = new byte[1 << 16];

  private Trace(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /**
   * Opens a trace.
   *
   * @throws IOException if the file does not exist or is not what its name says
   */
  static Trace open(Path file) throws IOException {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException("No such file, or it cannot be read: " + file);
    }
    try {
      InputStream raw = new BufferedInputStream(Files.newInputStream(file));
      try {
        return new Trace(file, file.toString().endsWith(".xz") ? new XZInputStream(raw) : raw);
      } catch (IOException e) {
        raw.close();
        throw e;
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Returns the next keys in their order, or an empty array at the end of the file.
   *
   * @throws IOException if the file cannot be read or ends in the middle of a key
   */
  int[] next() throws IOException {
    int length;
    try {
      length = in.readNBytes(bytes, 0, bytes.length);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    if (length % Integer.BYTES != 0) {
      throw new IOException(
          file
              + " is truncated: its length is no multiple of 4 bytes, the size of an access ("
              + length % Integer.BYTES
              + " left over)");
    }
    int[] keys = new int[length / Integer.BYTES];
    ByteBuffer.wrap(bytes, 0, length).asIntBuffer().get(keys);
    return keys;
  }

  private static IOException unreadable(Path file, IOException cause) {
    return new IOException(
        file + " cannot be read, or is truncated or no .xz file (" + cause + ")", cause);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
