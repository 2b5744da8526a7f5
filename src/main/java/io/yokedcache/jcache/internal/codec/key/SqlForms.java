package io.yokedcache.jcache.internal.codec.key;

import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The types of the module java.sql, apart from the others, since a runtime need not have it. */
final class SqlForms {

  static final String PREFIX = "#Tsql.";

  static final Map<Class<?>, TextForm> BY_CLASS =
      forms().collect(Collectors.toUnmodifiableMap(TextForm::type, Function.identity()));

  static final Map<String, TextForm> BY_PREFIX = TextForms.byPrefix(forms());

  private SqlForms() {}

  private static Stream<TextForm> forms() {
    return Stream.of(
        TextForm.of(
            PREFIX + "Date:",
            Date.class,
            value -> Instant.ofEpochMilli(value.getTime()).toString(),
            text -> new Date(Instant.parse(text).toEpochMilli())),
        TextForm.of(
            PREFIX + "Time:",
            Time.class,
            value -> Instant.ofEpochMilli(value.getTime()).toString(),
            text -> new Time(Instant.parse(text).toEpochMilli())),
        TextForm.of(
            PREFIX + "Timestamp:",
            Timestamp.class,
            value -> value.toInstant().toString(),
            text -> Timestamp.from(Instant.parse(text))));
  }
}
