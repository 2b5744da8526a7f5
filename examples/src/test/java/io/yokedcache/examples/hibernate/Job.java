package io.yokedcache.examples.hibernate;

import org.hibernate.Session;
import org.hibernate.SessionFactory;

/**
 * What an application does in a test, named so that one in another JVM can be told to. Each is one
 * transaction, in a session of its own, on the row that an id stands for.
 */
enum Job {
  ARTICLE {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(session -> session.find(Article.class, id).price);
    }
  },
  RAISE_ARTICLE {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(session -> ++session.find(Article.class, id).price);
    }
  },
  RAISE_ALL_ARTICLES {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session ->
              session
                  .createMutationQuery("update versioned Article set price = price + 1")
                  .executeUpdate());
    }
  },
  ARTICLES_BY_QUERY {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session ->
              session
                  .createQuery("select a.price from Article a where a.id = :id", Long.class)
                  .setParameter("id", id)
                  .setCacheable(true)
                  .getSingleResult());
    }
  },
  STOCK {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(session -> session.find(Stock.class, place(id)).amount);
    }
  },
  RAISE_STOCK {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(session -> ++session.find(Stock.class, place(id)).amount);
    }
  },
  EVICT_STOCK {
    @Override
    Object run(SessionFactory sessions, long id) {
      sessions.getCache().evict(Stock.class, place(id));
      return id;
    }
  },
  STOCK_BY_QUERY {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session ->
              session
                  .createQuery("select s.amount from Stock s where s.place.depot = :d", Long.class)
                  .setParameter("d", place(id).depot())
                  .setCacheable(true)
                  .getResultList()
                  .size());
    }
  },
  ROUTE_SHARED {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session -> session.find(Route.class, Route.Ends.shared("Town " + id)).minutes);
    }
  },
  ROUTE_SEPARATE {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session -> session.find(Route.class, Route.Ends.separate("Town " + id)).minutes);
    }
  },
  RAISE_ROUTE_SHARED {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session -> ++session.find(Route.class, Route.Ends.shared("Town " + id)).minutes);
    }
  },
  PARCEL {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session -> {
            Parcel parcel = session.find(Parcel.class, id);
            return parcel.grams + " " + parcel.text();
          });
    }
  },
  RAISE_PARCEL {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(session -> ++session.find(Parcel.class, id).grams);
    }
  },
  TRACKED {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(
          session -> {
            Tracked tracked = session.find(Tracked.class, id);
            return tracked.grams + " " + tracked.text();
          });
    }
  },
  RAISE_TRACKED {
    @Override
    Object run(SessionFactory sessions, long id) {
      return sessions.fromTransaction(session -> ++session.find(Tracked.class, id).grams);
    }
  },
  /** Has the writers and readers of this JVM run for that many seconds. */
  RACE {
    @Override
    Object run(SessionFactory sessions, long seconds) {
      return Race.run(sessions, seconds).text();
    }
  },
  /** Makes the row of every table that belongs to the id, with 100 in it. */
  INSERT {
    @Override
    Object run(SessionFactory sessions, long id) {
      sessions.inTransaction(session -> insert(session, id));
      return id;
    }
  };

  private static final long FIRST_VALUE = 100;

  /** Does it, and returns what was found or written. */
  abstract Object run(SessionFactory sessions, long id);

  /** The id of a row of {@link Stock}: odd numbers have the constant with a class of its own. */
  private static Stock.Place place(long id) {
    return new Stock.Place(id % 2 == 0 ? Depot.NORTH : Depot.SOUTH, id);
  }

  private static void insert(Session session, long id) {
    session.persist(new Article(id, FIRST_VALUE));
    session.persist(new Stock(place(id), FIRST_VALUE));
    session.persist(new Route(Route.Ends.shared("Town " + id), FIRST_VALUE));
    session.persist(new Parcel(id, FIRST_VALUE));
    session.persist(new Tracked(id, FIRST_VALUE, id % 2 == 0 ? Depot.SOUTH : null));
  }
}
