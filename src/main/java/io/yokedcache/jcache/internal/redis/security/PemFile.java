package io.yokedcache.jcache.internal.redis.security;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a file with certificates or a private key in PEM form. Messages of its exceptions
 * name the file, the cause and the cure. Immutable.
 */
record PemFile(Path path, Bytes bytes) {

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  /** Redis' certificates have keys of these kinds. The encoded form tells which one it is. */
  private static final List<String> KEY_KINDS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

  private static final int DER_SEQUENCE = 0x30;

  private record Block(String type, String body) {

    byte[] decoded(Path path) throws GeneralSecurityException {
      try {
        return Base64.getMimeDecoder().decode(body);
      } catch (IllegalArgumentException e) {
        throw new GeneralSecurityException(
            path + " has a damaged " + type + ": it is no Base64. Write the file again", e);
      }
    }
  }

  private List<Block> blocks() {
    List<Block> found = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(new String(bytes.array(), ISO_8859_1));
    while (matcher.find()) {
      found.add(new Block(matcher.group(1), matcher.group(2)));
    }
    return found;
  }

  /** All certificates of the file, at least one, in its order. */
  List<X509Certificate> certificates() throws GeneralSecurityException {
    List<X509Certificate> certificates = new ArrayList<>();
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (Block block : blocks()) {
      if (block.type().equals("CERTIFICATE") || block.type().equals("X509 CERTIFICATE")) {
        try {
          certificates.add(
              (X509Certificate)
                  factory.generateCertificate(new ByteArrayInputStream(block.decoded(path))));
        } catch (CertificateException e) {
          throw new GeneralSecurityException(
              "%s has a damaged certificate, number %s (%s). Write the file again"
                  .formatted(path, certificates.size() + 1, e.getMessage()),
              e);
        }
      }
    }
    if (certificates.isEmpty()) {
      throw new GeneralSecurityException(
          path
              + " has no certificate"
              + (isDer()
                  ? ": it is not PEM but DER. Convert it: openssl x509 -inform der -in FILE -out"
                      + " FILE.pem"
                  : ", which begins with -----BEGIN CERTIFICATE-----. Check the path, and that the"
                      + " file is complete"));
    }
    return certificates;
  }

  /**
   * The private key of the file.
   *
   * @param password of an encrypted key; {@code null} for none
   */
  PrivateKey key(@Nullable String password) throws GeneralSecurityException {
    for (Block block : blocks()) {
      switch (block.type()) {
        case "PRIVATE KEY" -> {
          return decode(new PKCS8EncodedKeySpec(block.decoded(path)));
        }
        case "ENCRYPTED PRIVATE KEY" -> {
          return decode(decrypt(block.decoded(path), password));
        }
        case "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY" ->
            throw new GeneralSecurityException(
                "%s has a key in the form PKCS#1 or SEC1 (BEGIN %s), which Java does not read. Convert it to PKCS#8: openssl pkcs8 -topk8 -nocrypt -in FILE -out FILE.pk8; of cert-manager set privateKey.encoding to PKCS8"
                    .formatted(path, block.type()));
        case "OPENSSH PRIVATE KEY" ->
            throw new GeneralSecurityException(
                path + " has a key of SSH, and none for TLS. Name the key of the certificate");
        default -> {}
      }
    }
    throw new GeneralSecurityException(
        path
            + " has no private key"
            + (isDer()
                ? ": it is not PEM but DER. Convert it: openssl pkcs8 -inform der -in FILE -out"
                    + " FILE.pem -topk8 -nocrypt"
                : ", which begins with -----BEGIN PRIVATE KEY-----. Check the path, and that the"
                    + " file is complete"));
  }

  private boolean isDer() {
    byte[] content = bytes.array();
    return content.length > 0 && content[0] == DER_SEQUENCE;
  }

  private PrivateKey decode(PKCS8EncodedKeySpec encoded) throws GeneralSecurityException {
    for (String kind : KEY_KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePrivate(encoded);
      } catch (InvalidKeySpecException ofAnotherKind) {
        // the next one may be right
      }
    }
    throw new GeneralSecurityException(
        path + " has a private key that is damaged or of none of the kinds " + KEY_KINDS);
  }

  private PKCS8EncodedKeySpec decrypt(byte[] encrypted, @Nullable String password)
      throws GeneralSecurityException {
    if (password == null) {
      throw new GeneralSecurityException(
          path + " has an encrypted key. Set yokedcache.connection.tls.key-password");
    }
    String algorithm;
    EncryptedPrivateKeyInfo info;
    try {
      info = new EncryptedPrivateKeyInfo(encrypted);
      // Of PBES2, the usual scheme, only the parameters name the algorithm in full.
      algorithm =
          info.getAlgName().startsWith("PBEWith") || info.getAlgParameters() == null
              ? info.getAlgName()
              : info.getAlgParameters().toString();
    } catch (IOException e) {
      throw new GeneralSecurityException(
          path + " has a damaged encrypted key (" + e.getMessage() + "). Write the file again", e);
    }
    PBEKeySpec secret = new PBEKeySpec(password.toCharArray());
    try {
      Key key = SecretKeyFactory.getInstance(algorithm).generateSecret(secret);
      Cipher cipher = Cipher.getInstance(algorithm);
      cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
      return info.getKeySpec(cipher);
    } catch (NoSuchAlgorithmException e) {
      throw new GeneralSecurityException(
          "%s has a key that is encrypted with %s, which this Java does not know. Encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out FILE.pk8"
              .formatted(path, algorithm),
          e);
    } catch (GeneralSecurityException e) {
      throw new GeneralSecurityException(
          path
              + " has an encrypted key that yokedcache.connection.tls.key-password does not open."
              + " Check the password",
          e);
    } finally {
      secret.clearPassword();
    }
  }
}
