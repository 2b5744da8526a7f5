package io.yokedcache.jcache.hibernate;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Cacheable;
import jakarta.persistence.CollectionTable;
import jakarta.persistence.Convert;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToMany;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OneToMany;
import jakarta.persistence.Version;
import java.net.MalformedURLException;
import java.net.URL;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;
import org.hibernate.annotations.Immutable;
import org.hibernate.annotations.NaturalId;
import org.hibernate.annotations.NaturalIdCache;
import org.jspecify.annotations.Nullable;

/** The entities of the tests. */
final class Shelves {

  /** Runs once, between the query of the next load and the put of what it found. */
  static final AtomicReference<@Nullable Runnable> WHILE_LOADING = new AtomicReference<>();

  private Shelves() {}

  /** A row with a title. */
  interface Titled {
    String title();

    void retitle(String title);
  }

  /** Text that gives others the time to change what was read. */
  static final class Slow implements AttributeConverter<String, String> {

    @Override
    public String convertToDatabaseColumn(String attribute) {
      return attribute;
    }

    @Override
    public String convertToEntityAttribute(String column) {
      Runnable action = WHILE_LOADING.getAndSet(null);
      if (action != null) {
        action.run();
      }
      return column;
    }
  }

  /** With a version, a natural id and a collection. */
  @Entity(name = "Book")
  @Cacheable
  @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
  @NaturalIdCache
  static class Book implements Titled {

    @Id long id;

    @NaturalId(mutable = true)
    String isbn = "";

    @Convert(converter = Slow.class)
    String title = "";

    @Version int version;

    @ElementCollection
    @CollectionTable(name = "Notes")
    @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
    List<String> notes = new ArrayList<>();

    Book() {}

    Book(long id) {
      this.id = id;
      this.isbn = "isbn " + id;
      this.title = "old";
    }

    @Override
    public String title() {
      return title;
    }

    @Override
    public void retitle(String title) {
      this.title = title;
    }
  }

  /** Without a version, and with a value that can be changed in place. */
  @Entity(name = "Page")
  @Cacheable
  @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
  static class Page implements Titled {

    @Id long id;

    @Convert(converter = Slow.class)
    String title = "";

    byte[] picture = {1};

    Page() {}

    Page(long id) {
      this.id = id;
      this.title = "old";
    }

    @Override
    public String title() {
      return title;
    }

    @Override
    public void retitle(String title) {
      this.title = title;
    }
  }

  /** Without locks. */
  @Entity(name = "Leaflet")
  @Cacheable
  @Cache(usage = CacheConcurrencyStrategy.NONSTRICT_READ_WRITE)
  static class Leaflet implements Titled {

    @Id long id;

    @Convert(converter = Slow.class)
    String title = "";

    Leaflet() {}

    Leaflet(long id) {
      this.id = id;
      this.title = "old";
    }

    @Override
    public String title() {
      return title;
    }

    @Override
    public void retitle(String title) {
      this.title = title;
    }
  }

  /** With collections that change with other rows. */
  @Entity(name = "Shelf")
  @Cacheable
  @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
  static class Shelf {

    @Id long id;

    @OneToMany(mappedBy = "shelf")
    @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
    Set<Volume> volumes = new HashSet<>();

    @ManyToMany(mappedBy = "shelves")
    @Cache(usage = CacheConcurrencyStrategy.NONSTRICT_READ_WRITE)
    Set<Volume> copies = new HashSet<>();

    Shelf() {}

    Shelf(long id) {
      this.id = id;
    }
  }

  /** On shelves. Its rows say what the collections of the shelves have. */
  @Entity(name = "Volume")
  @Cacheable
  @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
  static class Volume {

    @Id long id;
    @ManyToOne @Nullable Shelf shelf;
    @ManyToMany Set<Shelf> shelves = new HashSet<>();

    Volume() {}

    Volume(long id) {
      this.id = id;
    }
  }

  /** With attributes that another version of the application has not. */
  @Entity(name = "Form")
  @Cacheable
  @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
  static class Form {

    @Id long id;
    @Nullable String author = "author";
    @Nullable String place = "place";
    @Nullable String edition = "first";
    @Version int version;

    Form() {}

    Form(long id) {
      this.id = id;
    }

    String text() {
      return author + " " + place + " " + edition;
    }
  }

  /** A form that does not change. */
  @Entity(name = "Stamp")
  @Cacheable
  @Immutable
  @Cache(usage = CacheConcurrencyStrategy.READ_ONLY)
  static class Stamp {

    @Id long id;
    @Nullable String author = "author";
    @Nullable String place = "place";

    Stamp() {}

    Stamp(long id) {
      this.id = id;
    }

    String text() {
      return author + " " + place;
    }
  }

  /** With an attribute of a class that no cache reads back unless the settings allow it. */
  @Entity(name = "Link")
  @Cacheable
  @Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
  static class Link implements Titled {

    @Id long id;
    @Nullable URL target;
    String title = "old";

    Link() {}

    Link(long id) {
      this.id = id;
      try {
        this.target = new URL("http://127.0.0.1/");
      } catch (MalformedURLException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public String title() {
      return title;
    }

    @Override
    public void retitle(String title) {
      this.title = title;
    }
  }

  /** With an enum. Hibernate gives its type another name in each session factory. */
  @Entity(name = "Cover")
  static class Cover {

    @Id long id;
    Material material = Material.PAPER;

    enum Material {
      PAPER,
      LINEN
    }
  }
}
