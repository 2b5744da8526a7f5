package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dashboard is a file that Grafana 11 imports as it is. */
final class DashboardTest {

  private static final Set<String> PANEL_TYPES = Set.of("row", "stat", "timeseries", "heatmap");
  private static final String DATASOURCE = "{\"type\":\"prometheus\",\"uid\":\"${datasource}\"}";

  @Test
  void dashboard_isInTheImportForm() throws IOException {
    JsonObject dashboard = Dashboards.read(Dashboards.GRAFANA);

    assertThat(dashboard.has("dashboard")).isFalse();
    assertThat(dashboard.get("schemaVersion").getAsInt()).isGreaterThanOrEqualTo(39);
    assertThat(dashboard.get("title").getAsString()).startsWith("YokedCache");
    assertThat(
            Dashboards.variables(dashboard).stream()
                .map(variable -> variable.get("name").getAsString()))
        .containsExactly("datasource", "cache_manager", "cache", "operation");
    assertThat(Dashboards.variableExpressions(dashboard)).hasSize(3);
  }

  @Test
  void panels_haveOwnNumbersKnownTypesAndTheChosenDatasource() throws IOException {
    List<JsonObject> panels = Dashboards.panels(Dashboards.read(Dashboards.GRAFANA));

    assertThat(panels.stream().map(panel -> panel.get("id").getAsInt())).doesNotHaveDuplicates();
    assertThat(panels.stream().map(panel -> panel.get("type").getAsString()))
        .isSubsetOf(PANEL_TYPES);
    for (JsonObject panel : panels) {
      String title = panel.get("title").getAsString();
      JsonObject place = panel.getAsJsonObject("gridPos");
      assertThat(place.get("x").getAsInt() + place.get("w").getAsInt()).as(title).isBetween(1, 24);
      if (panel.get("type").getAsString().equals("row")) {
        continue;
      }
      assertThat(panel.get("datasource")).as(title).hasToString(DATASOURCE);
      assertThat(panel.getAsJsonArray("targets")).as(title).isNotEmpty();
      panel
          .getAsJsonArray("targets")
          .forEach(
              target ->
                  assertThat(target.getAsJsonObject().get("datasource"))
                      .as(title)
                      .hasToString(DATASOURCE));
    }
  }

  @Test
  void panels_doNotOverlap() throws IOException {
    Set<String> taken = new TreeSet<>();
    for (JsonObject panel : Dashboards.panels(Dashboards.read(Dashboards.GRAFANA))) {
      JsonObject place = panel.getAsJsonObject("gridPos");
      for (int x = 0; x < place.get("w").getAsInt(); x++) {
        for (int y = 0; y < place.get("h").getAsInt(); y++) {
          String square = (place.get("x").getAsInt() + x) + "," + (place.get("y").getAsInt() + y);
          assertThat(taken.add(square)).as(panel.get("title") + " at " + square).isTrue();
        }
      }
    }
  }

  @Test
  void alerts_areEachTestedFiringAndQuiet() throws IOException {
    String tests = Files.readString(Dashboards.RULES_TEST);
    List<String> alerts =
        Pattern.compile("- alert: (\\w+)")
            .matcher(Files.readString(Dashboards.RULES))
            .results()
            .map(result -> result.group(1))
            .toList();

    assertThat(alerts).hasSizeGreaterThanOrEqualTo(14).doesNotHaveDuplicates();
    for (String alert : alerts) {
      List<String> outcomes =
          Pattern.compile("alertname: " + alert + "\\s+exp_alerts:( \\[])?")
              .matcher(tests)
              .results()
              .map(MatchResult::group)
              .toList();
      assertThat(outcomes).as(alert).anyMatch(outcome -> outcome.endsWith("[]"));
      assertThat(outcomes).as(alert).anyMatch(outcome -> outcome.endsWith(":"));
    }
  }
}
