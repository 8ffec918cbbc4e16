/** Builds elements. No markup is parsed: what the API returns is inserted as text. */

/** h("p", { class: "note", onclick: handler }, "text", child). `null` and `false` are left out. */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

/** Replace a container's children. A focused element keeps the focus if its id is there again. */
export function replace(container, ...children) {
  const id = container.contains(document.activeElement) && document.activeElement.id;
  container.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}

/** Announce a text to screen readers. */
export const say = (text) => (document.getElementById("said").textContent = text);

/** Show a modal dialog; resolves to the value of the button that closed it. */
export function dialog(title, body, buttons, kind = "") {
  const element = h(
    "dialog",
    { class: kind, "aria-labelledby": "dialog-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      body,
      h("div", { class: "actions" }, buttons),
    ),
  );
  document.body.append(element);
  element.showModal();
  return new Promise((resolve) =>
    element.addEventListener("close", () => {
      element.remove();
      resolve(element.returnValue);
    }),
  );
}

/** Ask before something that cannot be undone. */
export async function confirmed(title, text, yes, no) {
  const buttons = [h("button", { value: "no" }, no), h("button", { value: "yes", class: "main bad" }, yes)];
  return (await dialog(title, h("p", {}, text), buttons)) === "yes";
}

export const button = (text, attributes = {}) => h("button", { type: "button", ...attributes }, text);

/** A small drawing: the text beside it says what it means. */
export const icon = (name) =>
  svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));

const ICONS = {
  alert: "M12 5v9M12 18.5v.5",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
  check: "M5 13l4 4L19 7",
  cross: "M6 6l12 12M18 6L6 18",
  heart: "M12 20s-7-4.4-9-9a4.9 4.9 0 0 1 9-4 4.9 4.9 0 0 1 9 4c-2 4.6-9 9-9 9z",
  photo: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  shield: "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM8.5 12l2.5 2.5 4.5-5",
  back: "M15 5l-7 7 7 7",
};
