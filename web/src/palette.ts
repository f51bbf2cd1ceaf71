// The style sheet's colours for what is drawn on a canvas, which knows no style sheet.

const NAMES = ["panel", "line", "grid", "ink", "quiet", "accent", "up", "down", "up-soft", "down-soft", "alert"] as const;
export type Palette = Record<(typeof NAMES)[number], string>;

/** As they are now: light or dark, green and red or blue and orange. */
export function readPalette(): Palette {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  const found = {} as Palette;
  for (const name of NAMES) {
    // A custom property read directly would say `light-dark(…)`; one that is used says what came of it.
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}
