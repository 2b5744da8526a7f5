/**
 * The second-level cache of Hibernate on the caches of this provider, right for several JVMs. Needs
 * {@code org.hibernate.orm:hibernate-core} 6.6 or 7 on the class path. The only package that uses
 * Hibernate.
 */
@NullMarked
package io.yokedcache.jcache.hibernate;

import org.jspecify.annotations.NullMarked;
