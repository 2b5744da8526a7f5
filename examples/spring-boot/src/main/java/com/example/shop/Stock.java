package com.example.shop;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.CachePut;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.stereotype.Service;

/** How many pieces of each product there are. They change, so a stale answer would be wrong. */
@Service
public class Stock {

  /** The database of this example. */
  private final Map<String, Integer> pieces = new ConcurrentHashMap<>();

  @Cacheable("stock")
  public int pieces(String product) {
    return pieces.getOrDefault(product, 0);
  }

  /** Counts the pieces anew. */
  @CachePut(cacheNames = "stock", key = "#product")
  public int count(String product, int found) {
    pieces.put(product, found);
    return found;
  }

  /** Sells one piece. */
  @CacheEvict(cacheNames = "stock", key = "#product")
  public int sell(String product) {
    return pieces.merge(product, -1, Integer::sum);
  }
}
