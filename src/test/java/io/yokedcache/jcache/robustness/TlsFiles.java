package io.yokedcache.jcache.robustness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * A certification authority in a folder, that lives for a day, made by the JDK's {@code keytool}.
 *
 * @param folder where all files are
 * @param name its name, and that of its files
 */
record TlsFiles(Path folder, String name) {

  /** What all stores are locked with. */
  static final String STORE_PASSWORD = "changeit";

  static TlsFiles create(Path folder, String name) throws Exception {
    TlsFiles files = new TlsFiles(folder, name);
    files.generate(name, "-ext", "bc:c");
    files.writeCertificate(name, files.load(name));
    return files;
  }

  /**
   * Makes the key and the certificate of somebody.
   *
   * @param who names the files
   * @param alternativeNames such as {@code DNS:localhost,IP:127.0.0.1}
   */
  void issue(String who, String alternativeNames) throws Exception {
    // In the store of the authority, whose key signs, and then alone.
    Path file = Files.copy(folder.resolve(name + ".p12"), folder.resolve(who + ".p12"));
    generate(who, "-signer", name, "-ext", "san=" + alternativeNames);
    KeyStore store = load(who);
    store.deleteEntry(name);
    store(store, file);
    writeCertificate(who, store);
    writePem(who + ".key", "PRIVATE KEY", key(who)); // as Redis reads it
  }

  /** Makes a certificate for the key of somebody, which expired yesterday: {@code who-expired}. */
  void issueExpired(String who) throws Exception {
    keytool(who, "-certreq", "-alias", who, "-file", who + ".csr");
    String[] files = {"-infile", who + ".csr", "-outfile", who + "-expired.crt"};
    String[] time = {"-startdate", "-2d", "-validity", "1"};
    keytool(name, "-gencert", "-rfc", "-alias", name, time, files);
  }

  /** Writes the private key of somebody as it is encrypted by a password: {@code who-locked}. */
  void lockKey(String who, String password) throws Exception {
    String algorithm = "PBEWithSHA1AndDESede"; // of newer ones Java 17 writes no parameters
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(
        Cipher.ENCRYPT_MODE,
        SecretKeyFactory.getInstance(algorithm)
            .generateSecret(new PBEKeySpec(password.toCharArray())));
    byte[] locked = cipher.doFinal(key(who));
    writePem(
        who + "-locked.key",
        "ENCRYPTED PRIVATE KEY",
        new EncryptedPrivateKeyInfo(cipher.getParameters(), locked).getEncoded());
  }

  private void generate(String who, String... extensions) throws Exception {
    String[] kind = {"-keyalg", "RSA", "-keysize", "2048", "-validity", "1"};
    keytool(who, "-genkeypair", "-alias", who, "-dname", "CN=" + who, kind, extensions);
  }

  private byte[] key(String who) throws Exception {
    return load(who).getKey(who, STORE_PASSWORD.toCharArray()).getEncoded();
  }

  private KeyStore load(String who) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve(who + ".p12"))) {
      store.load(in, STORE_PASSWORD.toCharArray());
    }
    return store;
  }

  private static void store(KeyStore store, Path file)
      throws IOException, GeneralSecurityException {
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, STORE_PASSWORD.toCharArray());
    }
  }

  private void writeCertificate(String who, KeyStore store)
      throws IOException, GeneralSecurityException {
    writePem(who + ".crt", "CERTIFICATE", store.getCertificate(who).getEncoded());
  }

  private void writePem(String fileName, String type, byte[] content) throws IOException {
    Files.writeString(
        folder.resolve(fileName),
        "-----BEGIN "
            + type
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
            + "\n-----END "
            + type
            + "-----\n");
  }

  String file(String fileName) {
    return folder.resolve(fileName).toString();
  }

  /** The file of a store that trusts this authority and nobody else. */
  String trustStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry(name, load(name).getCertificate(name));
    Path file = folder.resolve(name + "-trust.p12");
    store(store, file);
    return file.toString();
  }

  /** Calls keytool for somebody's store; arguments are texts and arrays of texts. */
  private void keytool(String who, Object... arguments) throws IOException, InterruptedException {
    Path program = Path.of(System.getProperty("java.home"), "bin", "keytool");
    List<String> command = new ArrayList<>(List.of(program.toString()));
    for (Object argument : arguments) {
      command.addAll(
          argument instanceof String[] more ? List.of(more) : List.of((String) argument));
    }
    command.addAll(List.of("-keystore", who + ".p12", "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", STORE_PASSWORD));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(command + " failed: " + output);
    }
  }
}
