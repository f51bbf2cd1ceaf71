// DOM helpers. Text is always inserted as text, never as HTML.

type Attributes = Record<string, string | number | boolean>;

/** Create an element with attributes (`true`: present, `false`: absent) and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/** The element of index.html with this id. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as unknown as T;
}

/** Set the text if it changed: an unnecessary write costs a layout. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Set a data attribute if it changed. */
export function setData(node: HTMLElement, name: string, value: string): void {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

/** Set a price, and tell the style sheet if it is long: 1,234,567.89 or 45,000,000,000. */
export function setPrice(node: HTMLElement, text: string): void {
  setText(node, text);
  setData(node, "long", text.length > 12 ? "very" : text.length > 9 ? "yes" : "");
}

/** Tell the style sheet the direction of a change. */
export function setDirection(node: HTMLElement, by: number): void {
  if (by === 0) delete node.dataset["way"];
  else setData(node, "way", by > 0 ? "up" : "down");
}

/** An icon of the sprite in index.html. */
export function icon(name: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(button: Element, name: string): void {
  const use = button.querySelector("use");
  if (use?.getAttribute("href") !== `#i-${name}`) use?.setAttribute("href", `#i-${name}`);
}

export const narrowScreen = matchMedia("(max-width: 900px)");
/** Too narrow for the chosen columns. */
export const tinyScreen = matchMedia("(max-width: 600px)");
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether a key press is input to the focused element, not a shortcut. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=range]), select, textarea, [contenteditable]");
}
