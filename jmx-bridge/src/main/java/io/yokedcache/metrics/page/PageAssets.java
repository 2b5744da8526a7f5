package io.yokedcache.metrics.page;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The page's files, by path. Only those listed here are served, whatever the path says. */
final class PageAssets {

  private static final List<String> FILES =
      List.of(
          "api.js",
          "cells.js",
          "chart.js",
          "detail.js",
          "dom.js",
          "format.js",
          "histogram.js",
          "history.js",
          "icon.svg",
          "main.js",
          "overview.js",
          "page.css",
          "scale.js",
          "settings.js",
          "table.js",
          "theme.js");

  private final Map<String, Asset> byPath;

  private PageAssets(Map<String, Asset> byPath) {
    this.byPath = byPath;
  }

  /** One file, as it is sent. */
  // The bytes are made here once and only ever written to sockets.
  @SuppressWarnings("ArrayRecordComponent")
  record Asset(String contentType, byte[] bytes) {}

  /** Reads all files, so that one that lacks is known at once. */
  static PageAssets load() {
    Map<String, Asset> byPath = new HashMap<>();
    byPath.put("/", read("index.html"));
    for (String file : FILES) {
      byPath.put("/assets/" + file, read(file));
    }
    return new PageAssets(Map.copyOf(byPath));
  }

  @Nullable Asset find(String path) {
    return byPath.get(path);
  }

  private static Asset read(String file) {
    try (InputStream stream = PageAssets.class.getResourceAsStream(file)) {
      if (stream == null) {
        throw new FileNotFoundException(
            "The status page's file " + file + " is missing. Was it left out of the jar?");
      }
      return new Asset(contentType(file), stream.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String contentType(String file) {
    return switch (file.substring(file.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "js" -> "text/javascript; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> throw new IllegalArgumentException("No content type is known for " + file);
    };
  }
}
