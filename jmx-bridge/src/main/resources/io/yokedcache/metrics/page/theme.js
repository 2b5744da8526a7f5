// Applies the remembered theme; main.js changes it. "auto" has no attribute: the system decides.
(() => {
  try {
    const theme = localStorage.getItem("yokedcache.theme");
    if (theme === "light" || theme === "dark") {
      document.documentElement.dataset.theme = theme;
    }
  } catch {
    // Storage is blocked in this browser: the system's theme will do.
  }
})();
