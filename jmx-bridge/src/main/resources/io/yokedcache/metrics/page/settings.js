// The choices of the viewer, remembered in this browser only.

const PREFIX = "yokedcache.";

export function remembered(name, fallback) {
  try {
    return localStorage.getItem(PREFIX + name) ?? fallback;
  } catch {
    return fallback; // storage is blocked: the choice lasts as long as the page
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // as above
  }
}

/** Binds a select box to a remembered choice; an unknown remembered value is passed over. */
export function bindSelect(select, name, fallback, apply) {
  const value = remembered(name, fallback);
  const isKnown = [...select.options].some((option) => option.value === value);
  select.value = isKnown ? value : fallback;
  select.addEventListener("change", () => {
    remember(name, select.value);
    apply(select.value);
  });
  apply(select.value);
}
