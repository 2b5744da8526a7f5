package io.yokedcache.examples.hibernate;

import jakarta.persistence.Cacheable;
import jakarta.persistence.Embeddable;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.io.Serializable;
import java.time.Instant;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;

/** A row with attributes of the application's own classes. */
@Entity
@Cacheable
@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
class Parcel {

  @Id long id;
  long grams;

  Address address = new Address("Main Street", 1);
  Instant posted = Instant.EPOCH;
  Label label = new Label("fragile");

  /** For Hibernate. */
  protected Parcel() {}

  Parcel(long id, long grams) {
    this.id = id;
    this.grams = grams;
  }

  /** All attributes, to see whether they came back whole. */
  String text() {
    return address + " " + posted + " " + label;
  }

  /**
   * An embeddable, which Hibernate takes apart before it caches.
   *
   * @param street the street
   * @param house the house number
   */
  @Embeddable
  record Address(String street, int house) {}

  /**
   * A class of the application which Hibernate caches as it is: a column of serialised bytes.
   *
   * @param text what it says
   */
  record Label(String text) implements Serializable {}
}
