package io.yokedcache.metrics.source;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The version of the bridge. Maven's file has it also in an application's jar, where a package has
 * the version of the application.
 */
public final class BridgeVersion {

  private static final Logger logger = LoggerFactory.getLogger(BridgeVersion.class);

  private BridgeVersion() {}

  /** Reads the version; {@code null} if the classes are not from a jar. */
  public static @Nullable String read() {
    Properties properties = new Properties();
    try (InputStream file =
        BridgeVersion.class.getResourceAsStream(
            "/META-INF/maven/io.yokedcache/yokedcache-jmx-bridge/pom.properties")) {
      if (file != null) {
        properties.load(file);
      }
    } catch (IOException e) {
      logger.debug("The version of the bridge is not known", e);
    }
    return properties.getProperty("version");
  }
}
