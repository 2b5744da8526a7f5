package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Attributes of the application's own classes: each JVM reads back the classes that it has cached
 * itself, without any list.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class AttributeClassesIT {

  private static final String PARCEL =
      "Address[street=Main Street, house=1] 1970-01-01T00:00:00Z Label[text=fragile]";
  private static final String TRACKED = "Address[street=Main Street, house=1] 1970-01-01T00:00:00Z";

  private Servers servers;

  /** Another JVM, which allows nothing and has to learn. */
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
  void serializableAttribute_byDefault_isAHit() throws Exception {
    byDefault.ask(Job.INSERT, 1);
    for (int grams = 100; grams < 103; grams++) {
      assertThat(byDefault.ask(Job.PARCEL, 1).text()).isEqualTo(grams + " " + PARCEL);
      assertThat(byDefault.ask(Job.PARCEL, 1)).isEqualTo(new Reply(grams + " " + PARCEL, 0));
      assertThat(byDefault.ask(Job.RAISE_PARCEL, 1).text()).isEqualTo(grams + 1 + "");
    }
  }

  @Test
  void serializableAttribute_allowed_isAHit() throws Exception {
    allowing.ask(Job.INSERT, 2);
    allowing.ask(Job.PARCEL, 2);
    assertThat(allowing.ask(Job.PARCEL, 2)).isEqualTo(new Reply("100 " + PARCEL, 0));

    allowing.ask(Job.RAISE_PARCEL, 2);
    assertThat(allowing.ask(Job.PARCEL, 2)).isEqualTo(new Reply("101 " + PARCEL, 0));

    // One that has not cached such an object yet has the database, and learns the class by that.
    assertThat(byDefault.ask(Job.PARCEL, 2).text()).isEqualTo("101 " + PARCEL);
    byDefault.ask(Job.RAISE_PARCEL, 2);
    assertThat(allowing.ask(Job.PARCEL, 2).text()).isEqualTo("102 " + PARCEL);
    byDefault.ask(Job.PARCEL, 2);
    assertThat(byDefault.ask(Job.PARCEL, 2)).isEqualTo(new Reply("102 " + PARCEL, 0));
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
  void enumAttribute_byDefault_isAHit() throws Exception {
    byDefault.ask(Job.INSERT, 4);
    for (int grams = 100; grams < 103; grams++) {
      String expected = grams + " SOUTH " + TRACKED;
      assertThat(byDefault.ask(Job.TRACKED, 4).text()).isEqualTo(expected);
      assertThat(byDefault.ask(Job.TRACKED, 4)).isEqualTo(new Reply(expected, 0));
      byDefault.ask(Job.RAISE_TRACKED, 4);
    }
    assertThat(allowing.ask(Job.TRACKED, 4).text()).isEqualTo("103 SOUTH " + TRACKED);
    assertThat(allowing.ask(Job.TRACKED, 4)).isEqualTo(new Reply("103 SOUTH " + TRACKED, 0));
  }
}
