// Asks the server. Paths are relative, so that the page works behind a proxy that adds a prefix.

const PATIENCE_MILLIS = 8000;

/** Why there are no figures, in words for the banner. */
export class Unreachable extends Error {}

/**
 * Reads the figures of all caches, and the details of one.
 *
 * @param selected {target, manager, cache} or null
 * @param signal ends the request early
 */
export async function fetchFigures(operation, selected, signal) {
  const query = new URLSearchParams({ operation });
  if (selected !== null) {
    query.set("target", selected.target);
    query.set("manager", selected.manager);
    query.set("cache", selected.cache);
  }
  let response;
  try {
    response = await fetch(`api/data.json?${query}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MILLIS)]),
      cache: "no-store",
    });
  } catch (failure) {
    if (signal.aborted) {
      throw failure;
    }
    throw new Unreachable(failure.name === "TimeoutError"
      ? `it has not answered for ${PATIENCE_MILLIS / 1000} s`
      : "it does not answer");
  }
  if (!response.ok) {
    throw new Unreachable(response.status === 401 || response.status === 403
      ? "it asks for a login: load this page again"
      : `it answers with status ${response.status}`);
  }
  try {
    return await response.json();
  } catch (failure) {
    if (signal.aborted) {
      throw failure;
    }
    throw new Unreachable("its answer broke off");
  }
}
