// The few words in which the views speak to the page. Text goes in as text, never as HTML.

type Attributes = Record<string, string | number | boolean>;

/** An element with its attributes (`true`: present, `false`: absent) and children. */
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

/** The element of index.html that has this id. */
export function need<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as unknown as T;
}

/** Write a text, if it is another one: what doesn't change costs the browser nothing. */
export function write(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function mark(node: HTMLElement, name: string, value: string): void {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

/** Which way a value went, for the style sheet. */
export function way(node: HTMLElement, by: number): void {
  if (by === 0) delete node.dataset["way"];
  else mark(node, "way", by > 0 ? "up" : "down");
}

/** One of the pictures at the top of index.html. */
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

export const narrow = matchMedia("(max-width: 900px)");
/** Too little for the columns that were chosen. */
export const tiny = matchMedia("(max-width: 600px)");
export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether keys belong to what has the focus, and not to the page. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=range]), select, textarea, [contenteditable]");
}
