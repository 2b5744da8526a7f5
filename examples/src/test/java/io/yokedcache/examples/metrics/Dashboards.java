package io.yokedcache.examples.metrics;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files that people load into Prometheus, Grafana and Datadog. */
public final class Dashboards {

  static final Path FOLDER = Path.of("dashboards");
  static final Path GRAFANA = FOLDER.resolve("grafana-yokedcache.json");
  static final Path DATADOG = FOLDER.resolve("datadog-dashboard.json");
  static final Path PROMETHEUS = FOLDER.resolve("prometheus.yml");
  static final Path RULES = FOLDER.resolve("prometheus-rules.yml");
  static final Path RULES_TEST = FOLDER.resolve("prometheus-rules.test.yml");

  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), (\\w+)\\)");

  /** Where an expression compares with a number, other than to avoid a division by zero. */
  private static final Pattern COMPARISON = Pattern.compile("(?<= )(<|>|==)(?= [0-9.])(?! 0\\))");

  private static final Pattern ABSENT = Pattern.compile("absent\\((.+)\\)");

  private Dashboards() {}

  public static JsonObject read(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }

  /** Returns the panels, those inside rows too. */
  static List<JsonObject> panels(JsonObject dashboard) {
    List<JsonObject> panels = new ArrayList<>();
    for (JsonElement element : dashboard.getAsJsonArray("panels")) {
      JsonObject panel = element.getAsJsonObject();
      panels.add(panel);
      if (panel.has("panels")) {
        panels.addAll(panels(panel));
      }
    }
    return panels;
  }

  /** Returns what the panels ask for, with variables as they are written. */
  public static List<String> expressions(JsonObject dashboard) {
    List<String> expressions = new ArrayList<>();
    for (JsonObject panel : panels(dashboard)) {
      if (panel.has("targets")) {
        panel
            .getAsJsonArray("targets")
            .forEach(target -> expressions.add(target.getAsJsonObject().get("expr").getAsString()));
      }
    }
    return expressions;
  }

  /** Returns the dashboard's variables. */
  static List<JsonObject> variables(JsonObject dashboard) {
    return dashboard.getAsJsonObject("templating").getAsJsonArray("list").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  /**
   * Returns for each variable that asks Prometheus an expression that has data only if the variable
   * has values: how often each occurs.
   */
  static List<String> variableExpressions(JsonObject dashboard) {
    return variables(dashboard).stream()
        .filter(variable -> variable.get("type").getAsString().equals("query"))
        .map(variable -> LABEL_VALUES.matcher(variable.get("definition").getAsString()))
        .filter(Matcher::matches)
        .map(matcher -> "count by (" + matcher.group(2) + ") (" + matcher.group(1) + ")")
        .toList();
  }

  /** Puts values in place of the variables, as Grafana does when all are selected. */
  public static String substituted(String expression) {
    return expression
        .replace("$__rate_interval", "1m")
        .replaceAll("\\$(cache_manager|cache|operation)\\b", ".+");
  }

  /**
   * Returns an expression that has data if what an alert looks at has, whether the alert fires or
   * not: comparisons give 0 or 1, and what must be there is asked for.
   */
  static String leftHandSide(String alert) {
    Matcher absent = ABSENT.matcher(alert);
    return absent.matches() ? absent.group(1) : COMPARISON.matcher(alert).replaceAll("$1 bool");
  }
}
