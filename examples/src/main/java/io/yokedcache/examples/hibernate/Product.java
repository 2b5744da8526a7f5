package io.yokedcache.examples.hibernate;

import jakarta.persistence.Cacheable;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Version;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;
import org.hibernate.annotations.NaturalId;
import org.hibernate.annotations.NaturalIdCache;
import org.jspecify.annotations.Nullable;

/** What the shop sells: found by id or by article number, both cached. */
@Entity
@Cacheable
@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
@NaturalIdCache
public class Product {

  @Id private long id;
  @NaturalId private String articleNumber = "";
  private long priceCents;
  @Version private int version;

  @ManyToOne(fetch = FetchType.LAZY)
  private @Nullable Category category;

  /** For Hibernate. */
  protected Product() {}

  Product(long id, String articleNumber, long priceCents, Category category) {
    this.id = id;
    this.articleNumber = articleNumber;
    this.priceCents = priceCents;
    this.category = category;
  }

  /**
   * What customers order by.
   *
   * @return the article number, which never changes
   */
  public String getArticleNumber() {
    return articleNumber;
  }

  /**
   * Where the product is found.
   *
   * @return its category, or {@code null} if it has none
   */
  public @Nullable Category getCategory() {
    return category;
  }

  /**
   * The price.
   *
   * @return in cents
   */
  public long getPriceCents() {
    return priceCents;
  }

  /**
   * Changes the price.
   *
   * @param priceCents in cents
   */
  public void setPriceCents(long priceCents) {
    this.priceCents = priceCents;
  }
}
