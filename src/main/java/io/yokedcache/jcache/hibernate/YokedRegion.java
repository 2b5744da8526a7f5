package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.hibernate.RegionEntry.Item;
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
import org.hibernate.cache.spi.support.CollectionReadOnlyAccess;
import org.hibernate.cache.spi.support.DomainDataRegionTemplate;
import org.hibernate.cache.spi.support.EntityReadOnlyAccess;
import org.hibernate.cache.spi.support.NaturalIdReadOnlyAccess;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;
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

  CacheStorage storage() {
    return (CacheStorage) getCacheStorageAccess();
  }

  private YokedCache<Object, Object> cache() {
    return storage().cache();
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
    Layout layout = layoutOfEntities(config);
    if (config.getAccessType() == AccessType.READ_ONLY) {
      return new EntityReadOnlyAccess(
          this, getEffectiveKeysFactory(), new ReadOnlyStorage(cache(), layout), config);
    }
    Supplier<Comparator<Object>> versions = config.getVersionComparatorAccess();
    return new RegionAccess.OfEntities(
        this,
        config.getNavigableRole(),
        layout,
        isLocking(config),
        readsSnapshots(),
        versions == null ? null : versions.get());
  }

  @Override
  public CollectionDataAccess generateCollectionAccess(CollectionDataCachingConfig config) {
    Layout layout =
        Layout.ofCollections(getSessionFactory(), config.getNavigableRole().getFullPath());
    return config.getAccessType() == AccessType.READ_ONLY
        ? new CollectionReadOnlyAccess(
            this, getEffectiveKeysFactory(), new ReadOnlyStorage(cache(), layout), config)
        : new RegionAccess.OfCollections(
            this, config.getNavigableRole(), layout, isLocking(config), readsSnapshots());
  }

  @Override
  public NaturalIdDataAccess generateNaturalIdAccess(NaturalIdDataCachingConfig config) {
    Layout layout = layoutOfEntities(config);
    return config.getAccessType() == AccessType.READ_ONLY
        ? new NaturalIdReadOnlyAccess(
            this, getEffectiveKeysFactory(), new ReadOnlyStorage(cache(), layout), config)
        : new RegionAccess.OfNaturalIds(this, config.getNavigableRole(), layout, isLocking(config));
  }

  private Layout layoutOfEntities(DomainDataCachingConfig config) {
    return Layout.ofEntities(getSessionFactory(), config.getNavigableRole().getFullPath());
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

  /** The storage of Hibernate's strategy {@code READ_ONLY}: states with their layout. */
  private static final class ReadOnlyStorage extends CacheStorage {

    private final Layout layout;

    ReadOnlyStorage(YokedCache<Object, Object> cache, Layout layout) {
      super(cache);
      this.layout = layout;
    }

    @Override
    public @Nullable Object getFromCache(Object key, SharedSessionContractImplementor session) {
      return super.getFromCache(key, session) instanceof Item item && item.has(layout)
          ? item.value()
          : null;
    }

    @Override
    public void putIntoCache(Object key, Object value, SharedSessionContractImplementor session) {
      super.putIntoCache(key, Item.now(value, layout, /* version= */ null), session);
    }
  }
}
