package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Java serialisation with the list of allowed classes and the limits. Only allowed classes are
 * read, because deserialisation can run code. A value that cannot be read back is refused when it
 * is written, so that the application gets an error and not a miss. Immutable.
 *
 * @param allowed the classes that may be read
 */
public record JavaStreams(
    AllowedClasses allowed, ClassResolver resolver, SerializationSettings settings) {

  /** Finds a class by its name. If the name alone decides, it is refused before it is loaded. */
  public Class<?> find(String name) {
    allowed.checkName(name, resolver);
    Class<?> type = resolver.get(name);
    allowed.checkWithJvmFilter(type);
    return type;
  }

  /** Serialises a value that must be readable, and learns its classes. */
  byte[] write(Object value) {
    return write(value, /* mustBeReadable= */ true);
  }

  /** Serialises a key. A lookup needs only its bytes, so the key need not be readable. */
  public byte[] writeKey(Object key) {
    return write(key, /* mustBeReadable= */ false);
  }

  private byte[] write(Object value, boolean mustBeReadable) {
    if (!settings.java()) {
      throw switchedOff("A " + DisplayNames.of(value.getClass().getName()) + " is not stored");
    }
    LimitedOutput bytes = new LimitedOutput(settings.maxBytes());
    try (RecordingOutput out = new RecordingOutput(bytes, allowed, mustBeReadable)) {
      out.writeObject(value);
      out.flush();
      byte[] written = bytes.toByteArray();
      StreamScan scan =
          new StreamScan(written, ScanLimits.NONE, allowed.withoutFields(), /* isOwn= */ true);
      scan.run();
      scan.check(allowed.limits());
      learn(value, out.unknown(), mustBeReadable);
      return written;
    } catch (NotSerializableException e) {
      throw new CodecException(
          "Class "
              + e.getMessage()
              + " is not Serializable, so no object of class "
              + value.getClass().getName()
              + " with it can be stored; make it Serializable or set another codec",
          e);
    } catch (CodecException e) {
      throw e;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw notWritten(value, e);
    }
  }

  /**
   * Learns the classes of a value that was written without a stream.
   *
   * @throws RefusedClassException if one of them may not be read back
   */
  public void learn(Object value, Set<Class<?>> types) {
    Set<Class<?>> unknown = new LinkedHashSet<>(types);
    unknown.removeIf(allowed::allows);
    learn(value, unknown, /* mustBeReadable= */ true);
  }

  private void learn(Object value, Set<Class<?>> unknown, boolean mustBeReadable) {
    if (unknown.isEmpty()) {
      return;
    }
    List<Class<?>> refused = allowed.learned().learn(unknown);
    if (mustBeReadable && !refused.isEmpty()) {
      throw RefusalMessages.onWrite(value, refused, allowed.patterns(), settings.learn());
    }
  }

  private static CodecException switchedOff(String what) {
    return new CodecException(
        CodecException.Reason.REFUSED_CLASS,
        what
            + ": Java serialisation is off (yokedcache.serialization.java = false), and only the"
            + " classes that the codec auto writes itself can be values",
        null);
  }

  private static CodecException notWritten(Object value, Throwable cause) {
    String reason = cause instanceof StackOverflowError ? "it nests too deeply" : cause.toString();
    return new CodecException(
        "A " + value.getClass().getName() + " could not be serialised: " + reason, cause);
  }

  public Object read(byte[] bytes) {
    if (!settings.java()) {
      throw switchedOff("These " + bytes.length + " bytes are not read");
    }
    if (bytes.length > settings.maxBytes()) {
      throw LimitedOutput.tooLong(bytes.length, settings.maxBytes());
    }
    StreamScan scan =
        new StreamScan(bytes, allowed.limits(), allowed.withoutFields(), /* isOwn= */ false);
    try {
      scan.run();
    } catch (StackOverflowError e) {
      throw notRead(bytes, e);
    }
    allowed.checkStream(scan, resolver);
    StreamFilter filter = new StreamFilter(allowed, settings, bytes.length, scan.references());
    try (ObjectInputStream in =
        new ResolvingInput(new ByteArrayInputStream(bytes), resolver, filter)) {
      in.setObjectInputFilter(filter);
      Object value = in.readObject();
      if (value == null) {
        throw new CodecException("The bytes hold a null, which no codec writes", null);
      }
      return value;
    } catch (ClassNotFoundException e) {
      throw reason(filter, ClassResolver.notFound(String.valueOf(e.getMessage()), e));
    } catch (IOException
        | RuntimeException
        | LinkageError
        | StackOverflowError
        | OutOfMemoryError
        | InternalError e) { // the JDK's immutable collections throw it for damaged bytes
      throw reason(filter, notRead(bytes, e));
    }
  }

  /** The reason of the filter comes first: the exception of the stream does not name it. */
  private static CodecException reason(StreamFilter filter, CodecException otherwise) {
    CodecException refusal = filter.refusal();
    return refusal != null ? refusal : otherwise;
  }

  private static CodecException notRead(byte[] bytes, Throwable cause) {
    if (cause instanceof CodecException known) {
      return known;
    }
    return new CodecException(
        cause instanceof VirtualMachineError && !(cause instanceof InternalError)
            ? CodecException.Reason.RESOURCES
            : CodecException.Reason.DAMAGED,
        "These " + bytes.length + " bytes cannot be read as a serialised Java object: " + cause,
        cause);
  }

  /**
   * Collects the written classes that may not be read back. Those that the filter of this JVM
   * rejects cannot be learned.
   */
  private static final class RecordingOutput extends ObjectOutputStream {

    private final AllowedClasses allowed;
    private final boolean mustBeReadable;
    private Set<Class<?>> unknown = Set.of();

    RecordingOutput(OutputStream out, AllowedClasses allowed, boolean mustBeReadable)
        throws IOException {
      super(out);
      this.allowed = allowed;
      this.mustBeReadable = mustBeReadable;
    }

    @Override
    protected void annotateClass(Class<?> type) {
      if (mustBeReadable) {
        allowed.checkJvmFilter(type);
      }
      note(AllowedClasses.elementType(type));
    }

    @Override
    protected void annotateProxyClass(Class<?> type) {
      note(type);
    }

    private void note(Class<?> type) {
      if (!allowed.allows(type)) {
        if (unknown.isEmpty()) {
          unknown = new LinkedHashSet<>();
        }
        unknown.add(type);
      }
    }

    Set<Class<?>> unknown() {
      return unknown;
    }
  }

  /** Finds classes with the resolver. */
  private static final class ResolvingInput extends ObjectInputStream {

    private final ClassResolver resolver;
    private final StreamFilter filter;

    ResolvingInput(InputStream in, ClassResolver resolver, StreamFilter filter) throws IOException {
      super(in);
      this.resolver = resolver;
      this.filter = filter;
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
      Class<?> type = resolver.find(description.getName());
      filter.check(type);
      return type;
    }

    @Override
    @SuppressWarnings("deprecation") // Only interfaces are looked up; the handler comes later.
    protected Class<?> resolveProxyClass(String[] names) throws ClassNotFoundException {
      filter.checkProxy(List.of(names));
      Class<?>[] interfaces = new Class<?>[names.length];
      ClassLoader loader = resolver.loader();
      for (int i = 0; i < names.length; i++) {
        interfaces[i] = resolver.find(names[i]);
        ClassLoader own = interfaces[i].getClassLoader();
        if (own != null) {
          // A proxy class is defined in the loader of its interfaces; the first loader of the
          // application is used.
          loader = own;
        }
      }
      return Proxy.getProxyClass(loader, interfaces);
    }
  }
}
