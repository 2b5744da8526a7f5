package io.yokedcache.jcache.internal.redis.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.spi.CredentialsProvider;
import io.yokedcache.jcache.spi.CredentialsProvider.Credentials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CurrentCredentialsTest {

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final BackgroundErrors errors = new BackgroundErrors();

  @TempDir private Path folder;

  @Test
  void refresh_fileIsDamaged_keepsTheLastPassword() throws IOException {
    Path file = write("first\r\n");
    CurrentCredentials credentials = current(new CredentialsFile(file, null));
    Files.writeString(file, "");
    credentials.refresh();
    Files.delete(file);
    credentials.refresh();
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe});
    credentials.refresh();
    Files.write(file, new byte[1 << 17]);
    credentials.refresh();

    assertThat(credentials.credentials()).isEqualTo(new Credentials(null, "first"));
    assertThat(errors.count()).isEqualTo(4);
    assertThat(credentials.isChanged()).isFalse();

    write("second ");
    credentials.refresh();

    assertThat(credentials.credentials()).isEqualTo(new Credentials(null, "second "));
    assertThat(credentials.isChanged()).isTrue();
  }

  @Test
  void refresh_userInAnotherFile() throws IOException {
    Path user = Files.writeString(folder.resolve("user"), "app\n");
    CurrentCredentials credentials = current(new CredentialsFile(write("secret"), user));

    assertThat(credentials.credentials()).isEqualTo(new Credentials("app", "secret"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n"})
  void create_noPassword(String content) throws IOException {
    Path file = write(content);

    assertThatThrownBy(() -> current(new CredentialsFile(file, null)))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("the setting")
        .hasMessageContaining(file + " is empty");
  }

  @Test
  void create_noFile() {
    assertThatThrownBy(() -> current(new CredentialsFile(folder.resolve("absent"), null)))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("there is no file " + folder.resolve("absent"));
  }

  @Test
  void create_providerThrowsUndeclaredException() {
    assertThatThrownBy(() -> current(new Undeclared(1)))
        .isInstanceOf(CacheException.class)
        .hasMessage("the setting: there are no credentials (no token, call 1)")
        .hasCauseInstanceOf(IOException.class);
  }

  @Test
  void refresh_providerThrowsUndeclaredException_keepsTheLast() {
    CurrentCredentials credentials = current(new Undeclared(2));

    credentials.refresh();

    assertThat(credentials.credentials().password()).isEqualTo("token-1");
    assertThat(errors.count()).isEqualTo(1);
  }

  @Test
  void renew_refused_asksOnceMoreAndThenUsesTheFormer() {
    Steps steps = new Steps();
    CurrentCredentials credentials = current(steps);
    Credentials first = credentials.credentials();

    Credentials second = credentials.renew(first);
    assertThat(second).as("the provider has others").isEqualTo(new Credentials(null, "token-2"));
    assertThat(credentials.renew(first)).as("known already").isEqualTo(second);
    assertThat(credentials.renew(second))
        .as("not asked again within a second: those that worked before")
        .isEqualTo(first);
    assertThat(steps.renewals).isEqualTo(1);

    credentials.accepted(second);
    assertThat(credentials.isChanged()).isFalse();
    assertThat(credentials.renew(second)).as("there are no others").isEqualTo(second);
  }

  @Test
  void renew_providerHangs_waitIsBounded() throws InterruptedException {
    CountDownLatch release = new CountDownLatch(1);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      CredentialsProvider hanging =
          new CredentialsProvider() {
            @Override
            public Credentials credentials() {
              return new Credentials("app", "first");
            }

            @Override
            public Credentials renew(Credentials refused) {
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return new Credentials("app", "late");
            }
          };
      CurrentCredentials credentials =
          new CurrentCredentials(
              "the setting", hanging, thread, TimeUnit.MILLISECONDS.toNanos(10), errors);

      assertThat(credentials.renew(credentials.credentials()).password()).isEqualTo("first");
    } finally {
      release.countDown();
      thread.shutdown();
      assertThat(thread.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void toString_noPassword() {
    assertThat(new Credentials("app", "needle"))
        .asString()
        .contains("app")
        .doesNotContain("needle");
  }

  private CurrentCredentials current(CredentialsProvider provider) {
    return new CurrentCredentials("the setting", provider, Runnable::run, PATIENCE_NANOS, errors);
  }

  private Path write(String content) throws IOException {
    return Files.write(folder.resolve("password"), content.getBytes(StandardCharsets.UTF_8));
  }

  /** Throws a checked exception from some call on, as code in Kotlin does. */
  private static final class Undeclared implements CredentialsProvider {

    private final int failing;
    private int calls;

    Undeclared(int failing) {
      this.failing = failing;
    }

    @Override
    public Credentials credentials() {
      calls++;
      if (calls >= failing) {
        throw Undeclared.<RuntimeException>undeclared(new IOException("no token, call " + calls));
      }
      return new Credentials(null, "token-" + calls);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Exception> X undeclared(Exception thrown) throws X {
      throw (X) thrown;
    }
  }

  /** Gives another token whenever one was refused. */
  private static final class Steps implements CredentialsProvider {

    private int renewals;

    @Override
    public Credentials credentials() {
      return new Credentials(null, "token-" + (1 + renewals));
    }

    @Override
    public Credentials renew(Credentials refused) {
      renewals++;
      return new Credentials(null, "token-" + (1 + renewals));
    }
  }
}
