package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.settings.Settings;
import java.io.IOException;
import java.util.List;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private Redis server for development and tests, on a free port of 127.0.0.1, empty and without
 * persistence. It ends with {@link #close} or with this JVM, whatever comes first. Safe for use by
 * several threads.
 */
public final class EmbeddedRedis implements EmbeddedDeployment {

  private static final Logger logger = LoggerFactory.getLogger(EmbeddedRedis.class);

  /** Expired events are announced only if the server is told so. */
  static final List<String> ARGUMENTS = List.of("--notify-keyspace-events", "Ex");

  private final RedisProcess process;
  private final @Nullable String password;

  private EmbeddedRedis(RedisProcess process, @Nullable String password) {
    this.process = process;
    this.password = password;
  }

  /**
   * Starts a server and returns when it answers. The program is {@code redis-server} from the
   * {@code PATH}, else the one inside the optional {@code org.signal:embedded-redis}.
   *
   * @return the running server
   * @throws CacheException if no server can be started; the message has the attempts and the cure
   */
  public static EmbeddedRedis start() {
    return start(RedisBinaries.ofThisMachine());
  }

  /**
   * The same with a random password, without which other users of this machine cannot use it, and
   * without the commands that a client could take it over by.
   *
   * @return the running server
   * @throws CacheException if no server can be started
   */
  static EmbeddedRedis startLocked() {
    return start(RedisBinaries.ofThisMachine(), Members.randomPassword());
  }

  static EmbeddedRedis start(RedisBinaries binaries) {
    return start(binaries, null);
  }

  private static EmbeddedRedis start(RedisBinaries binaries, @Nullable String password) {
    List<String> configuration =
        password == null
            ? List.of()
            : List.of("user default on >" + password + " ~* &* +@all " + Members.DENIED);
    RedisProcess process =
        LoopbackPorts.startOn(
            LoopbackPorts::free,
            port ->
                RedisProcess.start(
                    RedisProcess.Mode.ALONE, port, ARGUMENTS, configuration, binaries));
    try (AdminConnection admin = AdminConnection.open(process.port(), null, password)) {
      admin.call("PING");
    } catch (IOException e) {
      process.close();
      throw new CacheException(
          "The private redis-server on port " + process.port() + " does not answer", e);
    }
    logger.info("Private redis-server on 127.0.0.1:{}, pid {}", process.port(), process.pid());
    return new EmbeddedRedis(process, password);
  }

  @Override
  public Settings.Deployment deployment() {
    return Settings.Deployment.standalone("127.0.0.1", port());
  }

  /** The TCP port of 127.0.0.1. */
  public int port() {
    return process.port();
  }

  @Override
  public @Nullable String password() {
    return password;
  }

  public long pid() {
    return process.pid();
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the server within seven seconds. May be called twice. */
  @Override
  public void close() {
    process.close();
  }
}
