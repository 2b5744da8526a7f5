package io.yokedcache.examples;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A command line, taken apart: {@code --name value}, {@code --flag}, and what stands alone. */
public final class Arguments {

  private final Map<String, String> values = new HashMap<>();
  private final Set<String> flags = new HashSet<>();
  private final List<String> positional = new ArrayList<>();

  /**
   * Takes a command line apart.
   *
   * @param knownValues options that have a value, such as {@code --threads}
   * @param knownFlags options that have none
   * @param maxPositional how many arguments may stand alone
   */
  public Arguments(
      String[] args, Set<String> knownValues, Set<String> knownFlags, int maxPositional)
      throws UsageException {
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (knownFlags.contains(arg)) {
        flags.add(arg);
      } else if (knownValues.contains(arg)) {
        if (i + 1 == args.length) {
          throw new UsageException(arg + " needs a value");
        }
        i++;
        values.put(arg, args[i]);
      } else if (arg.startsWith("-")) {
        throw new UsageException("Unknown option " + arg);
      } else if (positional.size() == maxPositional) {
        throw new UsageException("Unexpected argument " + arg);
      } else {
        positional.add(arg);
      }
    }
  }

  public boolean has(String flag) {
    return flags.contains(flag);
  }

  public @Nullable String text(String name) {
    return values.get(name);
  }

  /** Returns the argument that stands alone at that place, or {@code null}. */
  public @Nullable String positional(int index) {
    return index < positional.size() ? positional.get(index) : null;
  }

  /** Returns a whole number from {@code min} to {@code max}, or the default. */
  public long number(String name, long defaultNumber, long min, long max) throws UsageException {
    String text = values.get(name);
    if (text == null) {
      return defaultNumber;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Same answer as for a number out of range.
    }
    throw new UsageException(
        name + " must be a whole number from " + min + " to " + max + ", not " + text);
  }

  /** Returns the text as a URI. */
  public static URI uri(String text) throws UsageException {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      // The text may have a password in it: it is not repeated, and neither is the cause's message.
      throw new UsageException("Not a URI: " + e.getReason() + " at position " + e.getIndex());
    }
  }
}
