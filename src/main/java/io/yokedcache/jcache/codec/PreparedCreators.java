package io.yokedcache.jcache.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.UndeclaredThrowableException;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.ValueInstantiators;
import tools.jackson.databind.deser.std.StdValueInstantiator;
import tools.jackson.databind.introspect.AnnotatedWithParams;
import tools.jackson.databind.module.SimpleModule;

/**
 * A module of Jackson that calls constructors and factory methods of several properties, such as
 * those of records, by a method handle that is adapted to an array of arguments once. Jackson 3.3
 * adapts it for each object, which is a quarter of the time to decode a record of ten components.
 * The rules for which creator is called and with which arguments stay Jackson's.
 */
final class PreparedCreators extends SimpleModule {

  private static final long serialVersionUID = 1;

  PreparedCreators() {
    super("io.yokedcache.prepared-creators");
  }

  @Override
  public void setupModule(SetupContext context) {
    super.setupModule(context);
    context.addValueInstantiators(
        new ValueInstantiators.Base() {
          @Override
          public ValueInstantiator modifyValueInstantiator(
              DeserializationConfig config,
              BeanDescription.Supplier described,
              ValueInstantiator found) {
            return found.getClass() == StdValueInstantiator.class
                ? prepared((StdValueInstantiator) found)
                : found;
          }
        });
  }

  private static ValueInstantiator prepared(StdValueInstantiator found) {
    AnnotatedWithParams creator = found.getWithArgsCreator();
    if (creator == null) {
      return found;
    }
    try {
      return new Prepared(found, handle(creator.getMember()));
    } catch (IllegalAccessException | IllegalArgumentException inaccessibleOrTooMany) {
      return found;
    }
  }

  /**
   * Returns a handle of type {@code (Object[]) Object}.
   *
   * @throws IllegalAccessException if Jackson could not make the creator accessible
   * @throws IllegalArgumentException if it has more parameters than a handle can spread
   */
  private static MethodHandle handle(Member creator) throws IllegalAccessException {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    MethodHandle direct =
        creator instanceof Constructor<?> constructor
            ? lookup.unreflectConstructor(constructor)
            : lookup.unreflect((Method) creator);
    return direct
        .asFixedArity()
        .asType(MethodType.genericMethodType(direct.type().parameterCount()))
        .asSpreader(Object[].class, direct.type().parameterCount());
  }

  private static final class Prepared extends StdValueInstantiator {

    private final MethodHandle creator;

    Prepared(StdValueInstantiator found, MethodHandle creator) {
      super(found);
      this.creator = creator;
    }

    @Override
    public Object createFromObjectWith(DeserializationContext context, Object[] arguments) {
      try {
        return (Object) creator.invokeExact(arguments);
      } catch (Exception thrown) {
        return context.handleInstantiationProblem(
            _valueClass, arguments, rewrapCtorProblem(context, thrown));
      } catch (Error thrown) {
        throw thrown;
      } catch (Throwable thrown) {
        throw new UndeclaredThrowableException(thrown);
      }
    }
  }
}
