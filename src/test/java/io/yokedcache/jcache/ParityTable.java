package io.yokedcache.jcache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/** What JSR-107 1.1.1 demands of each operation on one entry in each state. */
final class ParityTable {

  /**
   * In the state PRESENT the value is "old", in DIFFERENT "other". Answer and value afterwards are
   * as {@code String.valueOf} prints them, events are type:value/old value, H M P R are hits,
   * misses, puts and removals. An expired entry is an absent one.
   */
  private static final String TABLE =
      """
      # operation         state      answer  event               H M P R  policy    writer     after
      PUT                 ABSENT     null    CREATED:new/-       0 0 1 0  creation  write:new  new
      PUT                 PRESENT    null    UPDATED:new/old     0 0 1 0  update    write:new  new
      PUT                 DIFFERENT  null    UPDATED:new/other   0 0 1 0  update    write:new  new
      GET_AND_PUT         ABSENT     null    CREATED:new/-       0 1 1 0  creation  write:new  new
      GET_AND_PUT         PRESENT    old     UPDATED:new/old     1 0 1 0  update    write:new  new
      GET_AND_PUT         DIFFERENT  other   UPDATED:new/other   1 0 1 0  update    write:new  new
      PUT_IF_ABSENT       ABSENT     true    CREATED:new/-       0 1 1 0  creation  write:new  new
      PUT_IF_ABSENT       PRESENT    false   -                   1 0 0 0  -         -          old
      PUT_IF_ABSENT       DIFFERENT  false   -                   1 0 0 0  -         -          other
      REPLACE             ABSENT     false   -                   0 1 0 0  -         -          null
      REPLACE             PRESENT    true    UPDATED:new/old     1 0 1 0  update    write:new  new
      REPLACE             DIFFERENT  true    UPDATED:new/other   1 0 1 0  update    write:new  new
      REPLACE_OLD         ABSENT     false   -                   0 1 0 0  -         -          null
      REPLACE_OLD         PRESENT    true    UPDATED:new/old     1 0 1 0  update    write:new  new
      REPLACE_OLD         DIFFERENT  false   -                   1 0 0 0  access    -          other
      GET_AND_REPLACE     ABSENT     null    -                   0 1 0 0  -         -          null
      GET_AND_REPLACE     PRESENT    old     UPDATED:new/old     1 0 1 0  update    write:new  new
      GET_AND_REPLACE     DIFFERENT  other   UPDATED:new/other   1 0 1 0  update    write:new  new
      REMOVE              ABSENT     false   -                   0 0 0 0  -         delete     null
      REMOVE              PRESENT    true    REMOVED:old/old     0 0 0 1  -         delete     null
      REMOVE              DIFFERENT  true    REMOVED:other/other 0 0 0 1  -         delete     null
      REMOVE_OLD          ABSENT     false   -                   0 1 0 0  -         -          null
      REMOVE_OLD          PRESENT    true    REMOVED:old/old     1 0 0 1  -         delete     null
      REMOVE_OLD          DIFFERENT  false   -                   1 0 0 0  access    -          other
      GET_AND_REMOVE      ABSENT     null    -                   0 1 0 0  -         delete     null
      GET_AND_REMOVE      PRESENT    old     REMOVED:old/old     1 0 0 1  -         delete     null
      GET_AND_REMOVE      DIFFERENT  other   REMOVED:other/other 1 0 0 1  -         delete     null
      GET                 ABSENT     null    -                   0 1 0 0  -         -          null
      GET                 PRESENT    old     -                   1 0 0 0  access    -          old
      GET                 DIFFERENT  other   -                   1 0 0 0  access    -          other
      CONTAINS_KEY        ABSENT     false   -                   0 0 0 0  -         -          null
      CONTAINS_KEY        PRESENT    true    -                   0 0 0 0  -         -          old
      CONTAINS_KEY        DIFFERENT  true    -                   0 0 0 0  -         -          other
      INVOKE_SET          ABSENT     false   CREATED:new/-       0 1 1 0  creation  write:new  new
      INVOKE_SET          PRESENT    true    UPDATED:new/old     1 0 1 0  update    write:new  new
      INVOKE_SET          DIFFERENT  true    UPDATED:new/other   1 0 1 0  update    write:new  new
      INVOKE_REMOVE       ABSENT     false   -                   0 1 0 0  -         delete     null
      INVOKE_REMOVE       PRESENT    true    REMOVED:old/old     1 0 0 1  -         delete     null
      INVOKE_REMOVE       DIFFERENT  true    REMOVED:other/other 1 0 0 1  -         delete     null
      INVOKE_READ         ABSENT     null    -                   0 1 0 0  -         -          null
      INVOKE_READ         PRESENT    old     -                   1 0 0 0  access    -          old
      INVOKE_READ         DIFFERENT  other   -                   1 0 0 0  access    -          other
      INVOKE_NOTHING      ABSENT     null    -                   0 1 0 0  -         -          null
      INVOKE_NOTHING      PRESENT    null    -                   1 0 0 0  -         -          old
      INVOKE_NOTHING      DIFFERENT  null    -                   1 0 0 0  -         -          other
      """;

  private static final String NOTHING = "-";

  private ParityTable() {}

  /** Returns all rows; those of absent entries also for expired ones. */
  static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (String line : TABLE.lines().filter(each -> !each.startsWith("#")).toList()) {
      Row row = Row.parse(Arrays.asList(line.split(" +", -1)));
      rows.add(row);
      if (row.state() == State.ABSENT) {
        rows.add(row.in(State.EXPIRED));
      }
    }
    return rows;
  }

  /** What the entry is before the operation. */
  enum State {
    ABSENT,
    PRESENT,
    DIFFERENT,
    EXPIRED
  }

  /** An operation that writes "new", and expects "old" if it compares. */
  enum Operation {
    PUT {
      @Override
      @Nullable Object run(Cache<String, String> cache, String key) {
        cache.put(key, "new");
        return null;
      }
    },
    GET_AND_PUT {
      @Override
      @Nullable Object run(Cache<String, String> cache, String key) {
        return cache.getAndPut(key, "new");
      }
    },
    PUT_IF_ABSENT {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.putIfAbsent(key, "new");
      }
    },
    REPLACE {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.replace(key, "new");
      }
    },
    REPLACE_OLD {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.replace(key, "old", "new");
      }
    },
    GET_AND_REPLACE {
      @Override
      @Nullable Object run(Cache<String, String> cache, String key) {
        return cache.getAndReplace(key, "new");
      }
    },
    REMOVE {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.remove(key);
      }
    },
    REMOVE_OLD {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.remove(key, "old");
      }
    },
    GET_AND_REMOVE {
      @Override
      @Nullable Object run(Cache<String, String> cache, String key) {
        return cache.getAndRemove(key);
      }
    },
    GET {
      @Override
      @Nullable Object run(Cache<String, String> cache, String key) {
        return cache.get(key);
      }
    },
    CONTAINS_KEY {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.containsKey(key);
      }
    },
    INVOKE_SET {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.invoke(
            key,
            (entry, arguments) -> {
              boolean existed = entry.exists();
              entry.setValue("new");
              return existed;
            });
      }
    },
    INVOKE_REMOVE {
      @Override
      Object run(Cache<String, String> cache, String key) {
        return cache.invoke(
            key,
            (entry, arguments) -> {
              boolean existed = entry.exists();
              entry.remove();
              return existed;
            });
      }
    },
    INVOKE_READ {
      @Override
      @Nullable Object run(Cache<String, String> cache, String key) {
        return cache.<@Nullable String>invoke(key, (entry, arguments) -> entry.getValue());
      }
    },
    INVOKE_NOTHING {
      @Override
      @Nullable Object run(Cache<String, String> cache, String key) {
        return cache.<@Nullable String>invoke(key, (entry, arguments) -> null);
      }
    };

    abstract @Nullable Object run(Cache<String, String> cache, String key);
  }

  /** What one operation does in one state. */
  record Row(
      Operation operation,
      State state,
      String answer,
      String event,
      StatisticsDelta statistics,
      String question,
      String write,
      String after) {

    static Row parse(List<String> cells) {
      return new Row(
          Operation.valueOf(cells.get(0)),
          State.valueOf(cells.get(1)),
          cells.get(2),
          cells.get(3),
          new StatisticsDelta(
              Long.parseLong(cells.get(4)),
              Long.parseLong(cells.get(5)),
              Long.parseLong(cells.get(6)),
              Long.parseLong(cells.get(7))),
          cells.get(8),
          cells.get(9),
          cells.get(10));
    }

    Row in(State other) {
      return new Row(operation, other, answer, event, statistics, question, write, after);
    }

    List<String> questions() {
      return question.equals(NOTHING) ? List.of() : List.of(question);
    }

    List<String> events(String key) {
      return event.equals(NOTHING) ? List.of() : List.of(event.replace(":", " " + key + "="));
    }

    List<String> writes(String key) {
      return switch (write) {
        case NOTHING -> List.of();
        case "delete" -> List.of("delete " + key);
        default -> List.of(write.replace(":", " " + key + "="));
      };
    }

    @Override
    public String toString() {
      return operation + " of an entry " + state;
    }
  }
}
