/** Building and replacing elements. No markup is ever parsed: whatever the API says is text. */

/** h("p", { class: "note", onclick: act }, "text", child). `null` children and attributes are left out. */
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
 * Replace what a container holds. Whoever had the focus in it has it again afterwards: the element
 * with the same id, else the page's heading. Focus never falls back to the top of the page.
 */
export function replace(container, children) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  container.replaceChildren(...[children].flat(Infinity).filter(Boolean));
  if (!focused) return;
  const again = (focused.id && document.getElementById(focused.id)) || document.getElementById("title");
  if (again && document.activeElement !== again) again.focus({ preventScroll: true });
}

/** Say something to a screen reader. The same words twice are said twice. */
export function say(text, urgently = false) {
  const region = document.getElementById(urgently ? "warned" : "said");
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

/** Ask in a modal dialog; resolves to whether it was confirmed. Focus returns to where it was. */
export function confirmed({ title, body, yes, no, kind = "" }) {
  const before = document.activeElement;
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      ...[body].flat(),
      h(
        "div",
        { class: "row end" },
        h("button", { class: "button", value: "no" }, no),
        h("button", { class: `button main ${kind}`, value: "yes", autofocus: true }, yes),
      ),
    ),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus({ preventScroll: true });
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    dialog.querySelector("[value=yes]").focus();
  });
}
