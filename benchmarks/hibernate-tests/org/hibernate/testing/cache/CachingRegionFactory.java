package org.hibernate.testing.cache;

import java.util.Map;
import java.util.Properties;
import org.hibernate.boot.spi.SessionFactoryOptions;
import org.hibernate.cache.cfg.spi.DomainDataRegionBuildingContext;
import org.hibernate.cache.cfg.spi.DomainDataRegionConfig;
import org.hibernate.cache.spi.CacheKeysFactory;
import org.hibernate.cache.spi.CacheTransactionSynchronization;
import org.hibernate.cache.spi.DomainDataRegion;
import org.hibernate.cache.spi.QueryResultsRegion;
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.cache.spi.TimestampsRegion;
import org.hibernate.cache.spi.access.AccessType;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.engine.spi.SharedSessionContractImplementor;

/**
 * Takes the place of the class that Hibernate's tests name, and passes all calls to the region
 * factory that the system property {@code tested.factory} names.
 */
public class CachingRegionFactory implements RegionFactory {

  public static final String DEFAULT_ACCESSTYPE = "DefaultAccessType";

  private final RegionFactory tested;

  public CachingRegionFactory() {
    try {
      tested =
          (RegionFactory)
              Class.forName(System.getProperty("tested.factory")).getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  public CachingRegionFactory(CacheKeysFactory ignored) {
    this();
  }

  public CachingRegionFactory(Properties ignored) {
    this();
  }

  @Override
  public void start(SessionFactoryOptions settings, Map<String, Object> values) {
    tested.start(settings, values);
  }

  @Override
  public void stop() {
    tested.stop();
  }

  @Override
  public boolean isMinimalPutsEnabledByDefault() {
    return tested.isMinimalPutsEnabledByDefault();
  }

  @Override
  public AccessType getDefaultAccessType() {
    return tested.getDefaultAccessType();
  }

  @Override
  public String qualify(String regionName) {
    return tested.qualify(regionName);
  }

  @Override
  public CacheTransactionSynchronization createTransactionContext(
      SharedSessionContractImplementor session) {
    return tested.createTransactionContext(session);
  }

  @Override
  public long nextTimestamp() {
    return tested.nextTimestamp();
  }

  @Override
  public long getTimeout() {
    return tested.getTimeout();
  }

  @Override
  public DomainDataRegion buildDomainDataRegion(
      DomainDataRegionConfig config, DomainDataRegionBuildingContext context) {
    return tested.buildDomainDataRegion(config, context);
  }

  @Override
  public QueryResultsRegion buildQueryResultsRegion(
      String regionName, SessionFactoryImplementor sessions) {
    return tested.buildQueryResultsRegion(regionName, sessions);
  }

  @Override
  public TimestampsRegion buildTimestampsRegion(
      String regionName, SessionFactoryImplementor sessions) {
    return tested.buildTimestampsRegion(regionName, sessions);
  }

  /** Gives the factory to tests that ask for an object. */
  public static class SettingProvider
      implements org.hibernate.testing.orm.junit.SettingProvider.Provider<CachingRegionFactory> {
    @Override
    public CachingRegionFactory getSetting() {
      return new CachingRegionFactory();
    }
  }
}
