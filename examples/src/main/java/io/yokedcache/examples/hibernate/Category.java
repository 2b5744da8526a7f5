package io.yokedcache.examples.hibernate;

import jakarta.persistence.Cacheable;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.OneToMany;
import java.util.ArrayList;
import java.util.List;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;

/** A shelf of products, cached with the list of what is on it. */
@Entity
@Cacheable
@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
public class Category {

  @Id private long id;
  private String name = "";

  @OneToMany(mappedBy = "category")
  @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
  private List<Product> products = new ArrayList<>();

  /** For Hibernate. */
  protected Category() {}

  Category(long id, String name) {
    this.id = id;
    this.name = name;
  }

  /**
   * The category's name.
   *
   * @return what the query cache sorts by
   */
  public String getName() {
    return name;
  }

  /**
   * The products of this category.
   *
   * @return loaded at first use, from the collection's own region
   */
  public List<Product> getProducts() {
    return products;
  }
}
