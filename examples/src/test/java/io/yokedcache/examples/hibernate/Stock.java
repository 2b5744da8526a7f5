package io.yokedcache.examples.hibernate;

import jakarta.persistence.Cacheable;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import java.io.Serializable;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;

/** A row whose id has an enum in it. */
@Entity
@Cacheable
@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
class Stock {

  @EmbeddedId Place place = new Place(Depot.NORTH, 0);
  long amount;

  /** For Hibernate. */
  protected Stock() {}

  Stock(Place place, long amount) {
    this.place = place;
    this.amount = amount;
  }

  /**
   * Where something lies.
   *
   * @param depot the building
   * @param shelf the place in it
   */
  @Embeddable
  record Place(Depot depot, long shelf) implements Serializable {}
}
