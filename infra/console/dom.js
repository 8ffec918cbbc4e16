/** Builds and replaces elements. No markup is parsed: everything from the API is inserted as text. */

/** h("p", { class: "note", onclick: handler }, "text", child). `null` children and attributes are left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

/**
 * Replace a container's children. If the focus was inside, it moves to the new element with the same
 * id, else to the page's heading, never to the top of the page.
 */
export function replace(container, children) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  container.replaceChildren(...[children].flat(Infinity).filter(Boolean));
  if (!focused) return;
  const target = (focused.id && document.getElementById(focused.id)) || document.getElementById("title");
  if (target && document.activeElement !== target) target.focus({ preventScroll: true });
}

/** Announce a text to screen readers. A repeated text is announced again. */
export function say(text, urgently = false) {
  const region = document.getElementById(urgently ? "warned" : "said");
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
