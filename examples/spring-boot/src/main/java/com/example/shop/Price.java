package com.example.shop;

import java.io.Serializable;
import java.math.BigDecimal;
import java.time.LocalDate;

/** A record that is cached inside of others. */
public record Price(BigDecimal amount, Currency currency, LocalDate validFrom)
    implements Serializable {

  /** What a price is in. */
  public enum Currency {
    EUR,
    USD
  }
}
