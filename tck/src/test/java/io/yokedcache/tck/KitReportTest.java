package io.yokedcache.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The judge must not overlook what it is there for. */
final class KitReportTest {

  @TempDir private Path directory;

  @Test
  void read_cleanRun() throws IOException {
    write("TEST-a.B.xml", suite("<testcase classname='a.B' name='c'/>"));
    write("TEST-a.D.xml", suite("<testcase classname='a.D' name='e'/>"));

    KitReport report = KitReport.read(directory);

    assertThat(report.tests()).containsExactly("a.B#c", "a.D#e");
    assertThat(report.summary("TCK")).isEqualTo("TCK: tests=2 failures=0 errors=0 excluded=0");
  }

  @Test
  void read_failureErrorAndSkip() throws IOException {
    write(
        "TEST-a.B.xml",
        suite(
            "<testcase classname='a.B' name='c'><failure/></testcase>"
                + "<testcase classname='a.B' name='d'><error/></testcase>"
                + "<testcase classname='a.B' name='e'><skipped/></testcase>"));

    KitReport report = KitReport.read(directory);

    assertThat(report.failures()).isOne();
    assertThat(report.errors()).isOne();
    assertThat(report.skipped()).isOne();
  }

  @Test
  void read_passedAtSecondTry() throws IOException {
    write(
        "TEST-a.B.xml",
        suite("<testcase classname='a.B' name='c'><flakyFailure/><flakyError/></testcase>"));

    KitReport report = KitReport.read(directory);

    assertThat(report.failures()).isOne();
    assertThat(report.errors()).isOne();
  }

  @Test
  void read_silentExclusion() throws IOException {
    write("TEST-a.B.xml", suite("<testcase classname='a.B' name='c'/>"));
    write("a.B-output.txt", "\nINFO: ===== EXCLUDING TEST 'a.B'\t'c'.\nmore\n");

    KitReport report = KitReport.read(directory);

    assertThat(report.excluded()).containsExactly("a.B#c");
  }

  @Test
  void systemProperty_setInOneOfTwoJvms() throws IOException {
    write("TEST-a.B.xml", suite("<properties><property name='c' value='d'/></properties>"));
    write("TEST-a.E.xml", suite("<properties><property name='f' value='d'/></properties>"));

    assertThat(KitReport.systemProperty(directory, "c")).containsExactlyInAnyOrder("d", "");
  }

  @Test
  void read_kitDidNotRun() {
    assertThatThrownBy(() -> KitReport.read(directory.resolve("none")))
        .isInstanceOf(NotDirectoryException.class)
        .hasMessageContaining("the kit did not run");
  }

  @Test
  void read_truncatedReport() throws IOException {
    write("TEST-a.B.xml", "<testsuite><testcase");

    assertThatThrownBy(() -> KitReport.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("TEST-a.B.xml");
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }

  private static String suite(String testCases) {
    return "<testsuite>" + testCases + "</testsuite>";
  }
}
