package io.yokedcache.examples.hibernate;

import org.hibernate.KeyType;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;
import org.hibernate.stat.Statistics;

/**
 * A small database behind Hibernate, with JCache as its second-level cache. Every call is a
 * transaction in a session of its own, so that nothing is answered by a first-level cache. Safe for
 * use by several threads.
 */
final class Shop implements AutoCloseable {

  static final int CATEGORIES = 100;
  static final int PRODUCTS = 1_000;

  /** First part of the regions' names, and so of the caches' names. */
  static final String REGION_PREFIX = "hibernate-demo";

  private final SessionFactory sessions;

  private Shop(String jdbcUrl, String schema) {
    this.sessions =
        new Configuration()
            .addAnnotatedClass(Category.class)
            .addAnnotatedClass(Product.class)
            .setProperty("hibernate.connection.url", jdbcUrl)
            .setProperty("hibernate.connection.username", "sa")
            .setProperty("hibernate.connection.password", "")
            .setProperty("hibernate.connection.pool_size", "16")
            .setProperty("hibernate.hbm2ddl.auto", schema)
            .setProperty("hibernate.cache.region.factory_class", "jcache")
            .setProperty("hibernate.javax.cache.missing_cache_strategy", "create")
            .setProperty("hibernate.cache.use_second_level_cache", "true")
            .setProperty("hibernate.cache.use_query_cache", "true")
            .setProperty("hibernate.cache.region_prefix", REGION_PREFIX)
            .setProperty("hibernate.generate_statistics", "true")
            .setProperty("hibernate.session.events.log", "false")
            .buildSessionFactory();
  }

  /**
   * Makes a new database. The regions are emptied first, because entries outlive the JVM that wrote
   * them: what an earlier run left in Redis does not fit the new rows.
   */
  static Shop create(String jdbcUrl) {
    Shop shop = new Shop(jdbcUrl, "create");
    try {
      shop.evictAll();
      shop.insertRows();
      shop.evictAll();
      return shop;
    } catch (RuntimeException e) {
      shop.close();
      throw e;
    }
  }

  /** Opens the database of another JVM, and shares its cached entries. */
  static Shop join(String jdbcUrl) {
    return new Shop(jdbcUrl, "validate");
  }

  private void evictAll() {
    sessions.getCache().evictAllRegions();
  }

  private void insertRows() {
    sessions.inTransaction(
        session -> {
          for (int id = 0; id < CATEGORIES; id++) {
            session.persist(new Category(id, "Category " + id));
          }
          for (int id = 0; id < PRODUCTS; id++) {
            Category category = session.find(Category.class, (long) id % CATEGORIES);
            session.persist(new Product(id, articleNumber(id), 100L + id, category));
          }
        });
  }

  private static String articleNumber(long productId) {
    return "A-" + productId;
  }

  /** Returns the price of the product with that id. */
  long price(long productId) {
    return sessions.fromTransaction(
        session -> session.find(Product.class, productId).getPriceCents());
  }

  /** Returns the price of the product with the article number that belongs to that id. */
  long priceByArticleNumber(long productId) {
    String number = articleNumber(productId);
    return sessions.fromTransaction(
        session -> session.find(Product.class, number, KeyType.NATURAL).getPriceCents());
  }

  /** Returns how many products a category has. */
  int productCount(long categoryId) {
    return sessions.fromTransaction(
        session -> session.find(Category.class, categoryId).getProducts().size());
  }

  /** Returns the number of categories, by a query whose result is cached. */
  long categoryCount() {
    return sessions.fromTransaction(
        session ->
            session
                .createQuery("select count(c) from Category c", Long.class)
                .setCacheable(true)
                .getSingleResult());
  }

  /** Makes a product dearer by one cent. */
  void raisePrice(long productId) {
    sessions.inTransaction(
        session -> {
          Product product = session.find(Product.class, productId);
          product.setPriceCents(product.getPriceCents() + 1);
        });
  }

  /** Reads every row once, by every way there is. */
  void readEverything() {
    for (int id = 0; id < PRODUCTS; id++) {
      price(id);
      priceByArticleNumber(id);
    }
    for (int id = 0; id < CATEGORIES; id++) {
      productCount(id);
    }
    categoryCount();
  }

  /** Returns what Hibernate itself has counted. */
  Statistics statistics() {
    return sessions.getStatistics();
  }

  @Override
  public void close() {
    sessions.close();
  }
}
