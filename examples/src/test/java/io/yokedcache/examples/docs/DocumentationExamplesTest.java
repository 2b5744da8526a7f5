package io.yokedcache.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles each block of Java in the manual. A block is a class, a method, or statements; it may
 * begin with imports. The declarations below stand for the application.
 */
final class DocumentationExamplesTest {

  private static final Path ROOT = Path.of("..");

  private static final String IMPORTS =
      """
      import io.yokedcache.jcache.*;
      import io.yokedcache.jcache.spi.*;
      import io.yokedcache.metrics.*;
      import io.yokedcache.metrics.bridge.*;
      import io.yokedcache.metrics.page.*;
      import io.yokedcache.metrics.prometheus.*;
      import io.yokedcache.metrics.statsd.*;
      import io.yokedcache.metrics.source.*;
      import java.net.URI;
      import java.nio.file.Path;
      import java.util.*;
      import java.util.concurrent.CompletableFuture;
      import javax.cache.*;
      import javax.cache.configuration.*;
      import javax.cache.expiry.*;
      import javax.cache.spi.CachingProvider;
      """;

  private static final String APPLICATION =
      """
      static class Product {}
      static class Order {}
      static class User {}
      static class Token {
        String user() { return ""; }
        String text() { return ""; }
      }
      static class TokenClient {
        Token cached() { return new Token(); }
        void forget() {}
      }
      static class Database {
        Product product(long id) { return new Product(); }
        Token find(String session) { return new Token(); }
      }
      static CacheManager manager;
      static javax.cache.Cache<Long, Product> cache;
      static Database database = new Database();
      static YokedCache<String, Token> tokens;
      static YokedCache<String, User> users;
      static YokedCache<String, Order> orders;
      static Order order = new Order();
      static Token token = new Token();
      static void show(Order order) {}
      static void respond(Token token) {}
      """;

  /** Simple names that two of the imported packages have, and the ones that a page means. */
  private static final Map<String, String> MEANT =
      Map.of(
          "README.md", "import javax.cache.expiry.Duration;",
          "docs/yokedcache-api.md", "import java.time.Duration;");

  private static final Pattern DECLARATION =
      Pattern.compile("(@|public |final |record |[A-Z]\\w*(<.*>)? \\w+\\(.*\\) \\{$).*");

  @TempDir private Path classes;

  /**
   * A block of Java in a page.
   *
   * @param line the number of its first line
   */
  private record Block(String page, int line, List<String> lines) {

    private boolean isImport(String text) {
      return text.startsWith("import ");
    }

    /** The source of a class that has the block as a member, or in the body of a method. */
    String source(String name) {
      List<String> body =
          lines.stream().filter(text -> !isImport(text) && !text.isBlank()).toList();
      String imports = String.join("\n", lines.stream().filter(this::isImport).toList());
      boolean isMember = DECLARATION.matcher(body.get(0)).matches();
      String code = String.join("\n", body).replace("…", "");
      return """
      package example;
      %s
      %s
      %s
      abstract class %s {
      %s
      %s
      }
      """
          .formatted(
              IMPORTS,
              MEANT.getOrDefault(page, ""),
              imports,
              name,
              APPLICATION,
              isMember ? code : "void example() throws Exception {\n" + code + "\n}");
    }

    @Override
    public String toString() {
      return page + ":" + line;
    }
  }

  private static final class Source extends SimpleJavaFileObject {

    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///example/" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static List<Block> blocks() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (String folder : List.of("", "docs", "examples")) {
      try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
        files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
      }
    }
    List<Block> blocks = new ArrayList<>();
    for (Path page : pages) {
      blocks.addAll(blocks(ROOT.relativize(page).toString(), Files.readAllLines(page)));
    }
    return blocks;
  }

  private static List<Block> blocks(String page, List<String> lines) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).strip().equals("```java")) {
        int end = i + 1;
        while (!lines.get(end).strip().equals("```")) {
          end++;
        }
        blocks.add(new Block(page, i + 2, lines.subList(i + 1, end)));
        i = end;
      }
    }
    return blocks;
  }

  /** The messages of the compiler about a block; empty if it compiles. */
  private String compile(Block block, String name) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    List<JavaFileObject> sources = List.of(new Source(name, block.source(name)));
    List<String> options =
        List.of(
            "-proc:none",
            "-nowarn",
            "-d",
            classes.toString(),
            "-cp",
            System.getProperty("java.class.path"));
    boolean isCompiled = compiler.getTask(messages, null, null, options, null, sources).call();
    return isCompiled ? "" : "The example at %s does not compile:%n%s".formatted(block, messages);
  }

  @Test
  void eachExampleCompiles() throws IOException {
    List<Block> blocks = blocks();
    List<String> wrong = new ArrayList<>();
    for (Block block : blocks) {
      wrong.add(compile(block, "Example" + wrong.size()));
    }

    assertThat(blocks).extracting(Block::page).contains("README.md", "docs/usage.md");
    assertThat(blocks).extracting(Block::page).contains("docs/yokedcache-api.md");
    wrong.removeIf(String::isEmpty);
    assertThat(String.join("\n", wrong)).isEmpty();
  }

  @Test
  void wrongExample() {
    List<Block> blocks =
        blocks("docs/page.md", List.of("Text", "```java", "tokens.noSuchMethod();", "```"));

    assertThat(blocks).hasSize(1);
    assertThat(compile(blocks.get(0), "Wrong")).contains("docs/page.md:3").contains("noSuchMethod");
  }
}
