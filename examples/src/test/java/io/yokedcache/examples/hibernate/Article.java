package io.yokedcache.examples.hibernate;

import jakarta.persistence.Cacheable;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;

/** A row with a plain id. */
@Entity
@Cacheable
@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
class Article {

  @Id long id;
  long price;
  @Version int version;

  /** For Hibernate. */
  protected Article() {}

  Article(long id, long price) {
    this.id = id;
    this.price = price;
  }
}
