package io.yokedcache.benchmarks.load;

/**
 * One row of the comparison: what is done, by how many threads, with values of which size. The text
 * form has the three parts with a space between.
 *
 * @param workload what is done
 * @param threading by how many threads
 * @param valueBytes size of each value
 */
public record Cell(Workload workload, Threading threading, int valueBytes) {

  /** Reads the text form. */
  public static Cell parse(String text) {
    String[] parts = text.split(" ", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException("A cell is \"workload threads bytes\", not " + text);
    }
    return new Cell(
        Workload.parse(parts[0]), Threading.parse(parts[1]), Integer.parseInt(parts[2]));
  }

  @Override
  public String toString() {
    return workload.label() + " " + threading + " " + valueBytes;
  }
}
