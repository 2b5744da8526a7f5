package io.yokedcache.metrics.page;

/** Scripts that measure colours as WCAG 2.2 does, on what the browser has computed. */
final class Contrast {

  private static final String FUNCTIONS =
      """
      const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const luminance = ([r, g, b]) => [r, g, b]
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
      const background = (node) => {
        for (let at = node; at; at = at.parentElement) {
          const colour = rgba(getComputedStyle(at).backgroundColor);
          if (colour[3] > 250) return colour;
        }
        return [255, 255, 255, 255];
      };
      const contrast = (one, other) => {
        const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
      };
      """;

  /** The luminance of the page's background, from 0 to 1. */
  static final String PAGE_BRIGHTNESS =
      "(() => {" + FUNCTIONS + "return luminance(background(document.body)); })()";

  /** Every text below 4.5 to 1 and every line below 3 to 1, with its contrast. */
  static final String TOO_LITTLE =
      "(() => {"
          + FUNCTIONS
          + """
            const found = [];
            const isShown = (node) => node.checkVisibility({ visibilityProperty: true });
            for (const node of document.querySelectorAll("body *")) {
              const hasText = [...node.childNodes].some(
                (child) => child.nodeType === Node.TEXT_NODE && child.data.trim() !== "");
              if (!hasText || !isShown(node) || node.closest("noscript, .unseen")) continue;
              const style = getComputedStyle(node);
              const colour = node.closest("svg") ? style.fill : style.color;
              const ratio = contrast(rgba(colour), background(node));
              if (ratio < 4.5) found.push(`${node.className} "${node.textContent}" ${ratio}`);
            }
            const card = document.querySelector(".chart");
            for (let tone = 1; tone <= 6; tone++) {
              const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
              line.setAttribute("class", `line tone-${tone}`);
              card.querySelector("svg").append(line);
              const ratio = contrast(rgba(getComputedStyle(line).stroke), background(card));
              if (ratio < 3) found.push(`tone ${tone} ${ratio}`);
              line.remove();
            }
            return found;
          })()
          """;

  private Contrast() {}
}
