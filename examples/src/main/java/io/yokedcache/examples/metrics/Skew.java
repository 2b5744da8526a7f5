package io.yokedcache.examples.metrics;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Random numbers of which few come often and most seldom, as keys of caches do: the n-th most
 * frequent one comes 1/n times as often as the first (Zipf's law). Thread-safe.
 */
final class Skew {

  private final double[] cumulative;

  /** Creates a source of the numbers from 0 (the most frequent) to below the size. */
  Skew(int size) {
    cumulative = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += 1.0 / (i + 1);
      cumulative[i] = sum;
    }
  }

  int next() {
    double random = ThreadLocalRandom.current().nextDouble() * cumulative[cumulative.length - 1];
    int place = Arrays.binarySearch(cumulative, random);
    return place >= 0 ? place : -place - 1;
  }
}
