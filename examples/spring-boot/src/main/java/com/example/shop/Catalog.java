package com.example.shop;

import com.example.shop.Price.Currency;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageImpl;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Sort;
import org.springframework.stereotype.Service;

/** Slow questions: each answer is cached. */
@Service
public class Catalog {

  /** How often something was not in the cache. */
  private final AtomicLong questions = new AtomicLong();

  public long questions() {
    return questions.get();
  }

  /** An object of a class of the application. */
  @Cacheable("products")
  public Product product(String name) {
    questions.incrementAndGet();
    return new Product(name, List.of(price(1), price(2)));
  }

  /** A record. */
  @Cacheable(cacheNames = "offers", key = "'best'")
  public Price bestOffer() {
    questions.incrementAndGet();
    return price(3);
  }

  /** A list of enum constants. */
  @Cacheable(cacheNames = "offers", key = "'currencies'")
  public List<Currency> currencies() {
    questions.incrementAndGet();
    return List.of(Currency.values());
  }

  /** Spring caches what is in the Optional. */
  @Cacheable(cacheNames = "offers", key = "'maybe'")
  public Optional<Price> maybeAnOffer() {
    questions.incrementAndGet();
    return Optional.of(price(4));
  }

  /** A value of the JDK. */
  @Cacheable(cacheNames = "offers", key = "'until'")
  public LocalDate offersUntil() {
    questions.incrementAndGet();
    return LocalDate.of(2026, 12, 24);
  }

  /** A page, as repositories of Spring Data return them. */
  @Cacheable("products")
  public Page<Product> page(int number) {
    questions.incrementAndGet();
    PageRequest request = PageRequest.of(number, 2, Sort.by("name"));
    return new PageImpl<>(
        List.of(new Product("apple", List.of(price(5))), new Product("pear", List.of())),
        request,
        100);
  }

  @CacheEvict(cacheNames = "products", allEntries = true)
  public void forgetProducts() {}

  private static Price price(int euros) {
    return new Price(BigDecimal.valueOf(euros), Currency.EUR, LocalDate.of(2026, 1, 1));
  }
}
