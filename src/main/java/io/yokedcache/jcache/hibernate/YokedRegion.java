package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.internal.processor.SharedTrip;
import java.util.Comparator;
import java.util.function.Supplier;
import org.hibernate.cache.cfg.spi.CollectionDataCachingConfig;
import org.hibernate.cache.cfg.spi.DomainDataCachingConfig;
import org.hibernate.cache.cfg.spi.DomainDataRegionBuildingContext;
import org.hibernate.cache.cfg.spi.DomainDataRegionConfig;
import org.hibernate.cache.cfg.spi.EntityDataCachingConfig;
import org.hibernate.cache.cfg.spi.NaturalIdDataCachingConfig;
import org.hibernate.cache.spi.access.AccessType;
import org.hibernate.cache.spi.access.CollectionDataAccess;
import org.hibernate.cache.spi.access.EntityDataAccess;
import org.hibernate.cache.spi.access.NaturalIdDataAccess;
import org.hibernate.cache.spi.support.DomainDataRegionTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A region of entities, collections and natural ids in one cache. {@code READ_ONLY} is Hibernate's
 * own strategy; {@code TRANSACTIONAL} is treated as {@code READ_WRITE}.
 */
final class YokedRegion extends DomainDataRegionTemplate {

  private static final Logger logger = LoggerFactory.getLogger(YokedRegion.class);

  YokedRegion(
      DomainDataRegionConfig config,
      YokedRegionFactory factory,
      CacheStorage storage,
      DomainDataRegionBuildingContext context) {
    super(config, factory, storage, factory.keysFactory(), context);
  }

  YokedCache<Object, Object> cache() {
    return ((CacheStorage) getCacheStorageAccess()).cache();
  }

  /** The same cache, for changes that share round trips. */
  @SuppressWarnings("unchecked") // The cache itself.
  SharedTrip.Member<Object, Object> member() {
    return cache().unwrap(SharedTrip.Member.class);
  }

  /** The base class calls this before the fields of this class are set. */
  private boolean readsSnapshots() {
    return ((YokedRegionFactory) getRegionFactory()).readsSnapshots();
  }

  @Override
  public EntityDataAccess generateEntityAccess(EntityDataCachingConfig config) {
    if (config.getAccessType() == AccessType.READ_ONLY) {
      return super.generateEntityAccess(config);
    }
    Supplier<Comparator<Object>> versions = config.getVersionComparatorAccess();
    return new RegionAccess.OfEntities(
        this, isLocking(config), readsSnapshots(), versions == null ? null : versions.get());
  }

  @Override
  public CollectionDataAccess generateCollectionAccess(CollectionDataCachingConfig config) {
    return config.getAccessType() == AccessType.READ_ONLY
        ? super.generateCollectionAccess(config)
        : new RegionAccess.OfCollections(this, isLocking(config), readsSnapshots());
  }

  @Override
  public NaturalIdDataAccess generateNaturalIdAccess(NaturalIdDataCachingConfig config) {
    return config.getAccessType() == AccessType.READ_ONLY
        ? super.generateNaturalIdAccess(config)
        : new RegionAccess.OfNaturalIds(this, isLocking(config));
  }

  private boolean isLocking(DomainDataCachingConfig config) {
    if (config.getAccessType() == AccessType.TRANSACTIONAL) {
      logger.warn(
          "Region {} has the strategy TRANSACTIONAL, which needs a transactional cache; it is"
              + " treated as READ_WRITE. Map it as READ_WRITE to end this warning.",
          getName());
    }
    return config.getAccessType() != AccessType.NONSTRICT_READ_WRITE;
  }
}
