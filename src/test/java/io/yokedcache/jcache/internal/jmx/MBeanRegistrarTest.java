package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.yokedcache.jcache.internal.jmx.MBeanRegistrar.Kind;
import io.yokedcache.jcache.internal.metrics.Operation;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Beans have names whatever caches are called, and are gone when they should be. */
final class MBeanRegistrarTest {

  private static final URI URI_OF_MANAGER = URI.create("redis://localhost:6379/3");

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  /** A bean of which two differ. */
  public interface NumberedMXBean {

    /**
     * Which one it is.
     *
     * @return its number
     */
    int getNumber();
  }

  /** A bean with a number. */
  private record Numbered(int getNumber) implements NumberedMXBean {}

  @Test
  void sanitize_charactersWithAMeaning() {
    assertThat(MBeanRegistrar.sanitize("a,b:c=d\ne\rf*g?h\"i")).isEqualTo("a.b.c.d.e.f.g.h.i");
    assertThat(MBeanRegistrar.sanitize("com.acme.Order$Line##id"))
        .isEqualTo("com.acme.Order$Line##id");
    assertThat(MBeanRegistrar.sanitize("")).isEmpty();
  }

  @Test
  void register_strangeName() throws Exception {
    MBeanRegistrar registrar = new MBeanRegistrar(URI_OF_MANAGER, "a,b:c=*?\"\n");
    ObjectName name =
        new ObjectName(
            "io.yokedcache:type=CacheExtendedStatistics,CacheManager=redis.//localhost.6379/3,Cache=a.b.c.....");

    registrar.register(Kind.EXTENDED_STATISTICS, new Numbered(1));

    assertThat(server.getAttribute(name, "Number")).isEqualTo(1);
    registrar.unregister(Kind.EXTENDED_STATISTICS);
    assertThat(server.isRegistered(name)).isFalse();
    assertThatCode(() -> registrar.unregister(Kind.EXTENDED_STATISTICS)).doesNotThrowAnyException();
  }

  @Test
  void register_nameOfAnotherManager() throws Exception {
    MBeanRegistrar first = new MBeanRegistrar(URI_OF_MANAGER, "shared");
    MBeanRegistrar second = new MBeanRegistrar(URI_OF_MANAGER, "shared");
    ObjectName name =
        new ObjectName(
            "javax.cache:type=CacheStatistics,CacheManager=redis.//localhost.6379/3,Cache=shared");
    first.register(Kind.STATISTICS, new Numbered(1));

    second.register(Kind.STATISTICS, new Numbered(2));
    second.unregister(Kind.STATISTICS);

    assertThat(server.getAttribute(name, "Number")).isEqualTo(1);
    first.unregister(Kind.STATISTICS);
    assertThat(server.isRegistered(name)).isFalse();
  }

  @Test
  void register_nameThatBecomesFree() throws Exception {
    MBeanRegistrar first = new MBeanRegistrar(URI_OF_MANAGER, "inherited");
    MBeanRegistrar second = new MBeanRegistrar(URI_OF_MANAGER, "inherited");
    ObjectName name =
        new ObjectName(
            "javax.cache:type=CacheStatistics,CacheManager=redis.//localhost.6379/3,Cache=inherited");
    first.register(Kind.STATISTICS, new Numbered(1));
    second.register(Kind.STATISTICS, new Numbered(2));
    assertThat(server.getAttribute(name, "Number")).isEqualTo(1);

    first.close();

    awaitRegistered(name);
    assertThat(server.getAttribute(name, "Number")).isEqualTo(2);
    second.close();
    assertThat(server.isRegistered(name)).isFalse();
  }

  /** Whoever closes when, in the end nothing is left, and until then somebody is shown. */
  @Test
  void register_manyOfOneNameThatComeAndGo() throws Exception {
    ObjectName name =
        new ObjectName(
            "io.yokedcache:type=CacheOperation,CacheManager=redis.//localhost.6379/3,Cache=busy,operation=get");
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        int number = thread;
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    MBeanRegistrar registrar = new MBeanRegistrar(URI_OF_MANAGER, "busy");
                    registrar.register(Operation.GET, new Numbered(number));
                    registrar.close();
                  }
                  return number;
                }));
      }
      MBeanRegistrar patient = new MBeanRegistrar(URI_OF_MANAGER, "busy");
      patient.register(Operation.GET, new Numbered(8));
      for (Future<?> each : all) {
        each.get(60, TimeUnit.SECONDS);
      }
      awaitRegistered(name);
      assertThat(server.getAttribute(name, "Number")).isEqualTo(8);
      patient.close();
    } finally {
      threads.shutdownNow();
    }
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !server.isRegistered(name));
  }

  private void awaitRegistered(ObjectName name) {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> server.isRegistered(name));
  }
}
