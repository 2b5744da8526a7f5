package io.yokedcache.jcache.internal.concurrent;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Throws the {@link StackOverflowError} of a thread whose stack is about to end before the thread
 * takes a lock, and not while it holds one.
 *
 * <p>The JVM checks at the call of a method whether its frame fits. So a method with very many
 * local variables that it does not use proves that there is room, interpreted and compiled alike,
 * at the cost of a nanosecond. Such a method cannot be written down in Java sensibly, and is
 * assembled here. It calls itself for negative numbers only, which nobody passes: without any call,
 * a compiler could leave the check out. Rejected: recursion, which takes 300 ns for 4 KiB.
 */
public final class StackCheck {

  private static final Logger logger = LoggerFactory.getLogger(StackCheck.class);

  /** Local variables of 8 bytes: 32 KiB, many times what an exchange needs, also with TLS. */
  private static final int SLOTS = 4096;

  private static final @Nullable MethodHandle CHECK = check();

  /** Never changed, which a compiler does not know; it would leave the check out for a constant. */
  @SuppressWarnings("FieldCanBeFinal")
  private static int number;

  private StackCheck() {}

  /** Throws a {@link StackOverflowError} if less than 32 KiB of this thread's stack are left. */
  public static void ensure() {
    if (CHECK == null) {
      return;
    }
    try {
      int unused = (int) CHECK.invokeExact(number);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e); // the method declares none
    }
  }

  private static @Nullable MethodHandle check() {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(classFile(), true);
      return lookup.findStatic(
          lookup.lookupClass(), "check", MethodType.methodType(int.class, int.class));
    } catch (IOException | ReflectiveOperationException | LinkageError e) {
      logger.debug("This runtime defines no classes; stacks are not checked", e);
      return null;
    }
  }

  /** {@code static int check(int n) { return n < 0 ? check(~n) : n; }}, of many locals. */
  private static byte[] classFile() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0xCAFEBABE);
    out.writeShort(0);
    out.writeShort(49); // Java 5, whose methods need no stack maps
    out.writeShort(10); // constants, the first of which has the number 1
    text(out, StackCheck.class.getPackageName().replace('.', '/') + "/StackRoomCheck");
    classNamed(out, 1);
    text(out, "java/lang/Object");
    classNamed(out, 3);
    text(out, "check");
    text(out, "(I)I");
    text(out, "Code");
    out.writeByte(12); // 8: name and type of the method
    out.writeShort(5);
    out.writeShort(6);
    out.writeByte(10); // 9: the method
    out.writeShort(2);
    out.writeShort(8);
    out.writeShort(0x1030); // final, super, synthetic
    out.writeShort(2); // this class
    out.writeShort(4); // its super class
    out.writeShort(0); // interfaces
    out.writeShort(0); // fields
    out.writeShort(1); // methods
    out.writeShort(8); // static
    out.writeShort(5);
    out.writeShort(6);
    out.writeShort(1); // attributes of the method
    int[] code = {
      0x1a, // iload_0
      0x9c,
      0,
      10, // ifge: to the last but one
      0x1a,
      0x02,
      0x82, // iload_0, iconst_m1, ixor
      0xb8,
      0,
      9, // invokestatic
      0xac, // ireturn
      0x1a,
      0xac // iload_0, ireturn
    };
    out.writeShort(7);
    out.writeInt(12 + code.length);
    out.writeShort(2); // operands
    out.writeShort(SLOTS);
    out.writeInt(code.length);
    for (int each : code) {
      out.writeByte(each);
    }
    out.writeShort(0); // handlers
    out.writeShort(0); // attributes of the code
    out.writeShort(0); // attributes of the class
    return bytes.toByteArray();
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    out.writeByte(1);
    out.writeUTF(text);
  }

  private static void classNamed(DataOutputStream out, int name) throws IOException {
    out.writeByte(7);
    out.writeShort(name);
  }
}
