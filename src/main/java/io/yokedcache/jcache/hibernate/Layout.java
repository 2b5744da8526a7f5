package io.yokedcache.jcache.hibernate;

import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import java.util.UUID;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.persister.collection.CollectionPersister;
import org.hibernate.persister.entity.EntityPersister;
import org.hibernate.type.BasicType;
import org.hibernate.type.CompositeType;
import org.hibernate.type.EntityType;
import org.hibernate.type.Type;
import org.jspecify.annotations.Nullable;

/**
 * The names, order and types of the attributes in the states of an entity or collection, as a
 * number that is equal in all JVMs with the same mapping. Hibernate's states have the values by
 * position. So a state of another mapping, such as that of an earlier version of the application,
 * may look like one of this mapping and have other values. Safe for use by several threads.
 */
final class Layout {

  private final SessionFactoryImplementor sessions;
  private final String role;
  private final boolean isCollection;
  private volatile @Nullable Long id;

  private Layout(SessionFactoryImplementor sessions, String role, boolean isCollection) {
    this.sessions = sessions;
    this.role = role;
    this.isCollection = isCollection;
  }

  /** The layout of the entities and natural ids of a hierarchy. */
  static Layout ofEntities(SessionFactoryImplementor sessions, String rootEntityName) {
    return new Layout(sessions, rootEntityName, /* isCollection= */ false);
  }

  static Layout ofCollections(SessionFactoryImplementor sessions, String role) {
    return new Layout(sessions, role, /* isCollection= */ true);
  }

  /** The number. The session factory must be complete. */
  long id() {
    Long known = id;
    if (known == null) {
      StringBuilder text = new StringBuilder();
      if (isCollection) {
        describe(text, sessions.getMappingMetamodel().getCollectionDescriptor(role));
      } else {
        describe(text, sessions.getMappingMetamodel().getEntityDescriptor(role));
      }
      known =
          UUID.nameUUIDFromBytes(text.toString().getBytes(StandardCharsets.UTF_8))
              .getMostSignificantBits();
      id = known;
    }
    return known;
  }

  @SuppressWarnings("removal") // The states are made by these types, in all versions until now.
  private void describe(StringBuilder text, CollectionPersister collection) {
    describe(text, collection.getCollectionType());
    describe(text, collection.getElementType());
    if (collection.hasIndex()) {
      describe(text, collection.getIndexType());
    }
    if (collection.getIdentifierType() != null) {
      describe(text, collection.getIdentifierType());
    }
  }

  private void describe(StringBuilder text, EntityPersister root) {
    text.append(root.getCacheEntryStructure().getClass().getName());
    describe(text, root.getIdentifierType());
    TreeSet<String> names = new TreeSet<>(root.getSubclassEntityNames());
    names.add(role);
    for (String name : names) {
      EntityPersister entity = sessions.getMappingMetamodel().getEntityDescriptor(name);
      text.append('\n').append(name).append(entity.isVersioned() ? " versioned" : "");
      describe(text, entity.getPropertyNames(), entity.getPropertyTypes());
    }
  }

  private void describe(StringBuilder text, String[] names, Type[] types) {
    for (int i = 0; i < names.length; i++) {
      text.append(' ').append(names[i]).append(':');
      describe(text, types[i]);
    }
  }

  private void describe(StringBuilder text, Type type) {
    text.append(type.getReturnedClass().getName());
    if (!(type instanceof BasicType<?>)) { // of which some names differ in each JVM, as for enums
      text.append(' ').append(type.getName());
    }
    if (type instanceof CompositeType composite) {
      text.append('{');
      describe(text, composite.getPropertyNames(), composite.getSubtypes());
      text.append('}');
    } else if (type instanceof EntityType entity && !type.isAnyType()) {
      // The state has the id.
      describe(
          text,
          sessions
              .getMappingMetamodel()
              .getEntityDescriptor(entity.getAssociatedEntityName())
              .getIdentifierType());
    }
  }
}
