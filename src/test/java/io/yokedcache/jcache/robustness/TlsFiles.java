package io.yokedcache.jcache.robustness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certification authority in a folder, that lives for a day, made by {@code openssl}.
 *
 * @param folder where all files are
 * @param name its name, and that of its files
 */
record TlsFiles(Path folder, String name) {

  /** What all stores are locked with. */
  static final String STORE_PASSWORD = "changeit";

  static TlsFiles create(Path folder, String name) throws Exception {
    openssl(
        folder,
        List.of("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
        List.of("-keyout", name + ".key", "-out", name + ".crt", "-subj", "/CN=" + name));
    return new TlsFiles(folder, name);
  }

  /**
   * Makes the key and the certificate of somebody.
   *
   * @param who names the files
   * @param alternativeNames such as {@code DNS:localhost,IP:127.0.0.1}
   */
  void issue(String who, String alternativeNames) throws Exception {
    Path extensions = folder.resolve(who + ".ext");
    Files.writeString(extensions, "subjectAltName=" + alternativeNames + "\n");
    openssl(
        folder,
        List.of("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + who),
        List.of("-keyout", who + ".key", "-out", who + ".csr"));
    openssl(
        folder,
        List.of("x509", "-req", "-in", who + ".csr", "-CA", name + ".crt", "-CAkey", name + ".key"),
        List.of("-CAcreateserial", "-days", "1", "-out", who + ".crt", "-extfile", who + ".ext"));
    openssl(
        folder,
        List.of("pkcs12", "-export", "-in", who + ".crt", "-inkey", who + ".key"),
        List.of("-out", who + ".p12", "-passout", "pass:" + STORE_PASSWORD));
  }

  String file(String fileName) {
    return folder.resolve(fileName).toString();
  }

  /** The file of a store that trusts this authority and nobody else. */
  String trustStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream certificate = Files.newInputStream(folder.resolve(name + ".crt"))) {
      store.setCertificateEntry(
          name, CertificateFactory.getInstance("X.509").generateCertificate(certificate));
    }
    Path file = folder.resolve(name + "-trust.p12");
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, STORE_PASSWORD.toCharArray());
    }
    return file.toString();
  }

  private static void openssl(Path folder, List<String> command, List<String> files)
      throws IOException, InterruptedException {
    ProcessBuilder openssl = new ProcessBuilder("openssl");
    openssl.command().addAll(command);
    openssl.command().addAll(files);
    Process process = openssl.directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(openssl.command() + " failed: " + output);
    }
  }
}
