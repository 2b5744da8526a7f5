package io.yokedcache.jcache.internal.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.yokedcache.jcache.internal.management.MBeanRegistrar.Kind;
import java.lang.management.ManagementFactory;
import java.net.URI;
import javax.management.MBeanServer;
import javax.management.ObjectName;
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
}
