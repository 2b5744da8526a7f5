package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.Samples.Color;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.hibernate.SessionFactory;
import org.hibernate.annotations.NaturalId;
import org.hibernate.cache.internal.DefaultCacheKeysFactory;
import org.hibernate.cache.spi.QueryKey;
import org.hibernate.cfg.Configuration;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.persister.entity.EntityPersister;
import org.hibernate.query.spi.QueryImplementor;
import org.hibernate.query.spi.QueryParameterBindings;
import org.hibernate.query.sqm.internal.SqmQueryImpl;
import org.hibernate.type.BasicType;
import org.jspecify.annotations.Nullable;

/** Cache keys as Hibernate makes them, from a session factory without a database. */
final class HibernateKeys implements AutoCloseable {

  private final SessionFactoryImplementor factory;

  HibernateKeys() {
    Configuration configuration = new Configuration();
    for (Class<?> entity : ENTITIES) {
      configuration.addAnnotatedClass(entity);
    }
    SessionFactory built =
        configuration
            .setProperty("jakarta.persistence.database-product-name", "H2")
            .setProperty("hibernate.boot.allow_jdbc_metadata_access", "false")
            .buildSessionFactory();
    this.factory = built.unwrap(SessionFactoryImplementor.class);
  }

  private static final List<Class<?>> ENTITIES =
      List.of(ByText.class, ByColor.class, ByUuid.class, ByDecimal.class, ByParts.class);

  /** Keys no two of which are equal. */
  List<Object> all() {
    List<Object> keys = new ArrayList<>();
    for (String tenant : new String[] {null, "acme"}) {
      keys.add(key(ByText.class, "a", tenant));
      keys.add(key(ByColor.class, Color.RED, tenant));
      keys.add(key(ByColor.class, Color.GREEN, tenant));
      keys.add(key(ByUuid.class, new UUID(1, 2), tenant));
      keys.add(key(ByDecimal.class, new BigDecimal("1.50"), tenant));
      keys.add(key(ByParts.class, new Parts("a", 1, Color.RED, new Inner(Color.GREEN, 2)), tenant));
      keys.add(key(ByParts.class, new Parts("a", 1, Color.GREEN, new Inner(null, 2)), tenant));
    }
    keys.add(naturalId(ByText.class, "natural"));
    keys.add(naturalId(ByColor.class, Color.RED));
    keys.add(naturalId(ByUuid.class, new Object[] {Color.GREEN, "code"}));
    keys.add(query(ByText.class, "from ByText t where t.id = ?1", "x"));
    keys.add(query(ByColor.class, "from ByColor c where c.id = ?1", Color.GREEN));
    return keys;
  }

  Object key(Class<?> entity, Object id, @Nullable String tenant) {
    return DefaultCacheKeysFactory.staticCreateEntityKey(id, persister(entity), factory, tenant);
  }

  Object naturalId(Class<?> entity, Object values) {
    try (SharedSessionContractImplementor session = session()) {
      return DefaultCacheKeysFactory.staticCreateNaturalIdKey(values, persister(entity), session);
    }
  }

  Object query(Class<?> entity, String hql, Object id) {
    try (SharedSessionContractImplementor session = session()) {
      QueryImplementor<?> query = session.createQuery(hql, Object.class);
      query.setParameter(1, id, idType(entity));
      QueryParameterBindings bindings =
          query.unwrap(SqmQueryImpl.class).getQueryParameterBindings();
      return QueryKey.from("select " + hql, null, bindings, session);
    }
  }

  @SuppressWarnings("unchecked") // The id is of this type.
  private BasicType<Object> idType(Class<?> entity) {
    return (BasicType<Object>) persister(entity).getIdentifierType();
  }

  private SharedSessionContractImplementor session() {
    return factory.openSession().unwrap(SharedSessionContractImplementor.class);
  }

  private EntityPersister persister(Class<?> entity) {
    return factory.getMappingMetamodel().getEntityDescriptor(entity);
  }

  @Override
  public void close() {
    factory.close();
  }

  /** An entity with a simple id and a simple natural id. */
  @Entity(name = "ByText")
  static class ByText {
    @Id @Nullable String id;
    @NaturalId @Nullable String name;
  }

  /** An entity whose id is an enum, whose hash code differs from JVM to JVM. */
  @Entity(name = "ByColor")
  static class ByColor {
    @Id
    @Enumerated(EnumType.STRING)
    @Nullable Color id;

    @NaturalId
    @Enumerated(EnumType.STRING)
    @Nullable Color color;
  }

  /** An entity with a natural id of two columns. */
  @Entity(name = "ByUuid")
  static class ByUuid {
    @Id @Nullable UUID id;

    @NaturalId @Nullable String zcode;

    @NaturalId
    @Enumerated(EnumType.STRING)
    @Nullable Color color;
  }

  /** An entity whose id Hibernate hashes in a way of its own. */
  @Entity(name = "ByDecimal")
  static class ByDecimal {
    @Id @Nullable BigDecimal id;
  }

  /** An entity whose id has parts. */
  @Entity(name = "ByParts")
  static class ByParts {
    @EmbeddedId @Nullable Parts id;
  }

  /** A composite id. */
  @Embeddable
  static class Parts implements Serializable {
    private static final long serialVersionUID = 1L;
    @Nullable String name;
    int number;

    @Enumerated(EnumType.STRING)
    @Nullable Color color;

    @Nullable Inner inner;

    Parts() {}

    Parts(String name, int number, Color color, Inner inner) {
      this.name = name;
      this.number = number;
      this.color = color;
      this.inner = inner;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Parts that
          && Objects.equals(name, that.name)
          && number == that.number
          && color == that.color
          && Objects.equals(inner, that.inner);
    }

    @Override
    public int hashCode() {
      return Objects.hash(name, number, color, inner);
    }
  }

  /** A part of a composite id. */
  @Embeddable
  static class Inner implements Serializable {
    private static final long serialVersionUID = 1L;

    @Enumerated(EnumType.STRING)
    @Nullable Color innerColor;

    int innerNumber;

    Inner() {}

    Inner(@Nullable Color innerColor, int innerNumber) {
      this.innerColor = innerColor;
      this.innerNumber = innerNumber;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Inner that
          && innerColor == that.innerColor
          && innerNumber == that.innerNumber;
    }

    @Override
    public int hashCode() {
      return Objects.hash(innerColor, innerNumber);
    }
  }
}
