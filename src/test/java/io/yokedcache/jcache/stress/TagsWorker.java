package io.yokedcache.jcache.stress;

import java.net.URI;
import java.nio.file.Path;

/** One of the JVMs of {@link TagsJvmsIT}. */
final class TagsWorker {

  private TagsWorker() {}

  /** Arguments: URI, number, file of the history, entries, tags, bound in ms, file of the end. */
  public static void main(String[] args) throws Exception {
    TagsLoad.Size size =
        new TagsLoad.Size(
            Integer.parseInt(args[3]), Integer.parseInt(args[4]), Long.parseLong(args[5]));
    try (TagsLoad load =
        new TagsLoad(URI.create(args[0]), Integer.parseInt(args[1]), Path.of(args[2]), size)) {
      System.out.println("REPORT " + load.run(Path.of(args[6])));
    }
  }
}
