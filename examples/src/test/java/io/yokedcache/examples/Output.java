package io.yokedcache.examples;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What an example printed. */
public final class Output {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  public final PrintStream stream =
      new PrintStream(bytes, /* autoFlush= */ true, StandardCharsets.UTF_8);

  @Override
  public String toString() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
