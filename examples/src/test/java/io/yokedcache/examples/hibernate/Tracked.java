package io.yokedcache.examples.hibernate;

import jakarta.persistence.Cacheable;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import java.time.Instant;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;
import org.jspecify.annotations.Nullable;

/** A row with an embeddable and a time, which are no class of the application to the cache. */
@Entity
@Cacheable
@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
class Tracked {

  @Id long id;
  long grams;

  @Enumerated(EnumType.STRING)
  @Nullable Depot depot;

  Parcel.Address address = new Parcel.Address("Main Street", 1);
  Instant posted = Instant.EPOCH;

  /** For Hibernate. */
  protected Tracked() {}

  Tracked(long id, long grams, @Nullable Depot depot) {
    this.id = id;
    this.grams = grams;
    this.depot = depot;
  }

  /** All attributes, to see whether they came back whole. */
  String text() {
    return depot + " " + address + " " + posted;
  }
}
