package io.yokedcache.jcache.internal.codec.serial;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** Compiles classes of other packages, which the class path of the tests has not. */
final class GadgetLoader {

  private GadgetLoader() {}

  /** A loader that sees the class, compiled from the source into the folder. */
  static URLClassLoader compile(Path folder, String className, String source) {
    try {
      Path file = folder.resolve(className.replace('.', '/') + ".java");
      Files.createDirectories(file.getParent());
      Files.writeString(file, source);
      JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
      int status =
          compiler.run(
              null, null, null, List.of("-proc:none", file.toString()).toArray(String[]::new));
      if (status != 0) {
        throw new IllegalStateException(className + " does not compile");
      }
      return new URLClassLoader(new URL[] {url(folder)}, GadgetLoader.class.getClassLoader());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static URL url(Path folder) throws MalformedURLException {
    return folder.toUri().toURL();
  }
}
