package com.example.shop;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

/** The stock over HTTP. */
@RestController
public class StockController {

  private final Stock stock;

  public StockController(Stock stock) {
    this.stock = stock;
  }

  @GetMapping("/stock/{product}")
  public int pieces(@PathVariable("product") String product) {
    return stock.pieces(product);
  }

  @PutMapping("/stock/{product}/{found}")
  public int count(@PathVariable("product") String product, @PathVariable("found") int found) {
    return stock.count(product, found);
  }

  @PostMapping("/stock/{product}/sold")
  public int sell(@PathVariable("product") String product) {
    return stock.sell(product);
  }
}
