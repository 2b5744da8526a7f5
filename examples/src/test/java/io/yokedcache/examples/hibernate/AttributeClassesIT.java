package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Attributes of the application's own classes. Unless a class is allowed, it is not deserialised:
 * such entities work as if they were not cached, and the log says what to allow.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class AttributeClassesIT {

  private static final String PARCEL =
      "Address[street=Main Street, house=1] 1970-01-01T00:00:00Z Label[text=fragile]";
  private static final String TRACKED = "Address[street=Main Street, house=1] 1970-01-01T00:00:00Z";

  private Servers servers;

  /** Another JVM, because of its log. */
  private ApplicationProcess byDefault;

  private Application allowing;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    servers = Servers.start(folder);
    allowing =
        servers.open(
            servers.cacheFile(
                "serialization.allow = [ \"" + Parcel.class.getPackageName() + ".*\" ]"),
            "classes");
    byDefault = servers.openElsewhere("classes");
  }

  @AfterAll
  void stop() throws Exception {
    servers.close();
  }

  @Test
  void serializableAttribute_byDefault_isAMissAndOneWarning() throws Exception {
    byDefault.ask(Job.INSERT, 1);
    for (int grams = 100; grams < 103; grams++) {
      Reply expected = new Reply(grams + " " + PARCEL, 1);
      assertThat(byDefault.ask(Job.PARCEL, 1)).isEqualTo(expected);
      assertThat(byDefault.ask(Job.PARCEL, 1)).isEqualTo(expected);
      assertThat(byDefault.ask(Job.RAISE_PARCEL, 1).text()).isEqualTo(grams + 1 + "");
    }

    List<String> warnings = warnings("classes." + Parcel.class.getName());
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0))
        .contains(Parcel.Label.class.getName(), "yokedcache.serialization.allow");
  }

  @Test
  void serializableAttribute_allowed_isAHit() throws Exception {
    allowing.ask(Job.INSERT, 2);
    allowing.ask(Job.PARCEL, 2);
    assertThat(allowing.ask(Job.PARCEL, 2)).isEqualTo(new Reply("100 " + PARCEL, 0));

    allowing.ask(Job.RAISE_PARCEL, 2);
    assertThat(allowing.ask(Job.PARCEL, 2)).isEqualTo(new Reply("101 " + PARCEL, 0));

    // One that does not allow it has the database, and leaves the shared entry up to date.
    assertThat(byDefault.ask(Job.PARCEL, 2)).isEqualTo(new Reply("101 " + PARCEL, 1));
    byDefault.ask(Job.RAISE_PARCEL, 2);
    assertThat(allowing.ask(Job.PARCEL, 2).text()).isEqualTo("102 " + PARCEL);
  }

  @Test
  void embeddableAndTime_byDefault_areAHit() throws Exception {
    byDefault.ask(Job.INSERT, 3);
    byDefault.ask(Job.TRACKED, 3);
    assertThat(byDefault.ask(Job.TRACKED, 3)).isEqualTo(new Reply("100 null " + TRACKED, 0));

    byDefault.ask(Job.RAISE_TRACKED, 3);
    assertThat(byDefault.ask(Job.TRACKED, 3)).isEqualTo(new Reply("101 null " + TRACKED, 0));
  }

  @Test
  void enumAttribute_byDefault_isAMissAndOneWarning() throws Exception {
    byDefault.ask(Job.INSERT, 4);
    for (int grams = 100; grams < 103; grams++) {
      Reply expected = new Reply(grams + " SOUTH " + TRACKED, 1);
      assertThat(byDefault.ask(Job.TRACKED, 4)).isEqualTo(expected);
      assertThat(byDefault.ask(Job.TRACKED, 4)).isEqualTo(expected);
      byDefault.ask(Job.RAISE_TRACKED, 4);
    }
    assertThat(allowing.ask(Job.TRACKED, 4).text()).isEqualTo("103 SOUTH " + TRACKED);
    assertThat(allowing.ask(Job.TRACKED, 4)).isEqualTo(new Reply("103 SOUTH " + TRACKED, 0));

    List<String> warnings = warnings("classes." + Tracked.class.getName());
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0)).contains(Depot.class.getName(), "yokedcache.serialization.allow");
  }

  private List<String> warnings(String cacheName) throws Exception {
    return byDefault.log().stream()
        .filter(line -> line.contains("WARN") && line.contains("cache " + cacheName + " "))
        .toList();
  }
}
