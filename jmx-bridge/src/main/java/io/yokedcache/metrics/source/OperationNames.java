package io.yokedcache.metrics.source;

import java.util.ArrayList;
import java.util.List;

/** The names of the operations of caches in labels and tags. */
public enum OperationNames {
  /** The names of JSR-107: {@code put}. */
  DEFAULT,

  /** The names of YokedCache for Python: {@code set} for {@code put}. */
  PYTHON;

  /** Returns the name of an operation that JSR-107 calls so; the same for most. */
  public String of(String operation) {
    return this == PYTHON && operation.equals("put") ? "set" : operation;
  }

  /** Returns values of labels of which the first is an operation. */
  public List<String> ofFirst(List<String> values) {
    if (this == DEFAULT) {
      return values;
    }
    List<String> changed = new ArrayList<>(values);
    changed.set(0, of(values.get(0)));
    return changed;
  }
}
