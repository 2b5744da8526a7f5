package com.example.shop;

import java.io.Serializable;
import java.util.List;

/** A class as applications have them: mutable, with a list of other ones. */
public class Product implements Serializable {

  private static final long serialVersionUID = 1;

  private String name;
  private List<Price> prices;

  public Product(String name, List<Price> prices) {
    this.name = name;
    this.prices = prices;
  }

  public String getName() {
    return name;
  }

  public List<Price> getPrices() {
    return prices;
  }
}
