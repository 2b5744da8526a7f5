package com.example.shop;

import com.example.shop.Price.Currency;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.springframework.data.domain.Page;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** The catalog over HTTP. */
@RestController
public class CatalogController {

  private final Catalog catalog;

  public CatalogController(Catalog catalog) {
    this.catalog = catalog;
  }

  @GetMapping("/questions")
  public long questions() {
    return catalog.questions();
  }

  @GetMapping("/products/{name}")
  public Product product(@PathVariable("name") String name) {
    return catalog.product(name);
  }

  @GetMapping("/pages/{number}")
  public List<Product> page(@PathVariable("number") int number) {
    Page<Product> page = catalog.page(number);
    return page.getContent();
  }

  @DeleteMapping("/products")
  public void forgetProducts() {
    catalog.forgetProducts();
  }

  @GetMapping("/offers/best")
  public Price bestOffer() {
    return catalog.bestOffer();
  }

  @GetMapping("/offers/maybe")
  public Optional<Price> maybeAnOffer() {
    return catalog.maybeAnOffer();
  }

  @GetMapping("/offers/currencies")
  public List<Currency> currencies() {
    return catalog.currencies();
  }

  @GetMapping("/offers/until")
  public LocalDate offersUntil() {
    return catalog.offersUntil();
  }
}
