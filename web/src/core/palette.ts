// The style sheet's colours, for what is drawn on a canvas.

const NAMES = ["panel", "line", "grid", "ink", "muted", "accent", "up", "down", "up-soft", "down-soft", "alert"] as const;
export type Palette = Record<(typeof NAMES)[number], string>;

/** The colours of the current theme and colour scheme. */
export function readPalette(): Palette {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  const found = {} as Palette;
  for (const name of NAMES) {
    // A custom property read directly returns `light-dark(…)`; a used one returns the resolved colour.
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}
