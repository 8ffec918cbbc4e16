/** Builds and replaces elements. No markup is parsed: everything from the API is inserted as text. */

/** @typedef {Node | string | number | false | null | undefined | any[]} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => unknown)>} Attributes */

/**
 * h("p", { class: "note", onclick: handler }, "text", child). `null` children and attributes are left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} attributes
 * @param {...Child} children
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * The same for SVG.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} attributes
 * @param {...Child} children
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {Child[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, String(value));
  }
  element.append(...nodes(children));
  return element;
}

/**
 * What is left out of a list of children: null, undefined, false and "".
 * @param {Child} child
 * @returns {(Node | string)[]}
 */
function nodes(child) {
  if (Array.isArray(child)) return child.flatMap(nodes);
  if (!child && child !== 0) return [];
  return [typeof child === "number" ? String(child) : child];
}

/**
 * A list of names and their values, without the rows that are not given.
 * @param {([name: string, value: Child] | false | 0 | "" | null | undefined)[]} rows
 */
export const listed = (rows) =>
  h(
    "dl",
    { class: "about" },
    rows.map((row) => row && h("div", {}, h("dt", {}, row[0]), h("dd", {}, row[1]))),
  );

/**
 * Replace a container's children. If the focus was inside, it is given back.
 * @param {Element} container
 * @param {Child} children
 */
export function replace(container, children) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  container.replaceChildren(...nodes(children));
  if (focused) refocus(focused);
}

/**
 * Give the focus back to an element. If it was redrawn, the new element with the same id gets it, else
 * the page's heading, never the top of the page.
 * @param {Element} before
 */
export function refocus(before) {
  const same = before.isConnected ? before : document.getElementById(before.id);
  const target = /** @type {HTMLElement | null} */ (same ?? document.getElementById("title"));
  if (target && document.activeElement !== target) target.focus({ preventScroll: true });
}

/** The page's element of that id. index.html or the current view has it. @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Announce a text to screen readers. A repeated text is announced again.
 * @param {string} text
 */
export function say(text, urgently = false) {
  const region = byId(urgently ? "warned" : "said");
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
