package io.yokedcache.examples.hibernate;

import jakarta.persistence.Cacheable;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import java.io.Serializable;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;

/** A row whose id may have one object twice in it, or two equal ones. */
@Entity
@Cacheable
@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
class Route {

  @EmbeddedId Ends ends = new Ends("", "");
  long minutes;

  /** For Hibernate. */
  protected Route() {}

  Route(Ends ends, long minutes) {
    this.ends = ends;
    this.minutes = minutes;
  }

  /**
   * From where to where.
   *
   * @param origin the first town
   * @param destination the last town
   */
  @Embeddable
  record Ends(String origin, String destination) implements Serializable {

    /** From a town to itself, with the same object in both parts. */
    static Ends shared(String town) {
      return new Ends(town, town);
    }

    /** From a town to itself, with two equal objects. */
    @SuppressWarnings("StringCopy") // Another object is what this is about.
    static Ends separate(String town) {
      return new Ends(new String(town), new String(town));
    }
  }
}
