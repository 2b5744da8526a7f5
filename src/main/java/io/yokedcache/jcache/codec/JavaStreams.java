package io.yokedcache.jcache.codec;

import io.yokedcache.jcache.configuration.SerializationSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.lang.reflect.Proxy;

/**
 * Java serialisation behind the list of allowed classes and the limits. Only reading is dangerous,
 * so only reading is refused: a cache must not fail the application's writes because a class deep
 * in a value is not on the list. Immutable.
 *
 * @param allowed what may be read
 * @param resolver where classes are found
 * @param settings the limits
 */
record JavaStreams(AllowedClasses allowed, ClassResolver resolver, SerializationSettings settings) {

  byte[] write(Object value) {
    LimitedOutput bytes = new LimitedOutput(settings.maxBytes());
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
      out.flush();
      return bytes.toByteArray();
    } catch (NotSerializableException e) {
      throw new CodecException(
          "Class "
              + e.getMessage()
              + " is not Serializable, so a "
              + value.getClass().getName()
              + " cannot be stored; make it Serializable or set another codec",
          e);
    } catch (CodecException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw notWritten(value, e);
    } catch (StackOverflowError e) {
      throw notWritten(value, e);
    }
  }

  private static CodecException notWritten(Object value, Throwable cause) {
    String reason = cause instanceof StackOverflowError ? "it nests too deeply" : cause.toString();
    return new CodecException(
        "A " + value.getClass().getName() + " could not be serialised: " + reason, cause);
  }

  Object read(byte[] bytes) {
    if (bytes.length > settings.maxBytes()) {
      throw LimitedOutput.tooLong(settings.maxBytes());
    }
    StreamFilter filter = new StreamFilter(allowed, settings, bytes.length);
    try (ObjectInputStream in = new ResolvingInput(new ByteArrayInputStream(bytes), resolver)) {
      in.setObjectInputFilter(filter);
      Object value = in.readObject();
      if (value == null) {
        throw new CodecException("The bytes hold a null, which no codec writes", null);
      }
      return value;
    } catch (ClassNotFoundException e) {
      throw reason(filter, ClassResolver.notFound(String.valueOf(e.getMessage()), e));
    } catch (IOException | RuntimeException | LinkageError | StackOverflowError e) {
      throw reason(filter, notRead(bytes, e));
    } catch (InternalError e) {
      // The JDK's immutable collections answer damaged bytes with it.
      throw reason(filter, notRead(bytes, e));
    }
  }

  /** What the filter said comes first: the stream only says that there was one. */
  private static CodecException reason(StreamFilter filter, CodecException otherwise) {
    CodecException refusal = filter.refusal();
    return refusal != null ? refusal : otherwise;
  }

  private static CodecException notRead(byte[] bytes, Throwable cause) {
    if (cause instanceof CodecException known) {
      return known;
    }
    return new CodecException(
        "These " + bytes.length + " bytes cannot be read as a serialised Java object: " + cause,
        cause);
  }

  /** Finds classes by way of the resolver. */
  private static final class ResolvingInput extends ObjectInputStream {

    private final ClassResolver resolver;

    ResolvingInput(InputStream in, ClassResolver resolver) throws IOException {
      super(in);
      this.resolver = resolver;
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
      return resolver.find(description.getName());
    }

    @Override
    @SuppressWarnings("deprecation") // Only an interface is looked for; the handler comes later.
    protected Class<?> resolveProxyClass(String[] names) throws ClassNotFoundException {
      Class<?>[] interfaces = new Class<?>[names.length];
      ClassLoader loader = resolver.loader();
      for (int i = 0; i < names.length; i++) {
        interfaces[i] = resolver.find(names[i]);
        ClassLoader own = interfaces[i].getClassLoader();
        if (own != null) {
          // A proxy lives beside its interfaces; the first loader of the application wins.
          loader = own;
        }
      }
      return Proxy.getProxyClass(loader, interfaces);
    }
  }
}
