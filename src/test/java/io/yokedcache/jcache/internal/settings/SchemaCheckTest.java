package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;

/** Groups of other jars, whose keys the provider does not know. */
final class SchemaCheckTest {

  private final ConfigErrors errors = new ConfigErrors();
  private final SchemaCheck check =
      new SchemaCheck(object("defaults {}, metrics { port = 1, labels {} }"), errors);

  @Test
  void complete_emptyGroupOfReference_anyKeys() {
    ConfigObject given = object("metrics { labels { environment = test } }");

    ConfigObject complete = check.complete(given);

    errors.throwIfAny();
    assertThat(complete.toConfig().getString("metrics.labels.environment")).isEqualTo("test");
    assertThat(complete.toConfig().getInt("metrics.port")).isEqualTo(1);
  }

  @Test
  void complete_unknownKeyOfOtherGroup_isAProblem() {
    check.complete(object("metrics { prot = 2 }"));

    assertThatThrownBy(errors::throwIfAny)
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("metrics.prot is not a setting; did you mean port?");
  }

  private static ConfigObject object(String text) {
    return ConfigFactory.parseString(text).root();
  }
}
