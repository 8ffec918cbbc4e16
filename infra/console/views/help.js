/** The list of keyboard shortcuts. */

import { h, refocus } from "../dom.js";
import { areOn, shortcuts, switchTo } from "../keys.js";
import { t } from "../words.js";

/** @import { Shortcut } from "../keys.js" */

/** @type {Record<string, string>} */
const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
/** @param {string[]} keys */
const spelled = (keys) => (keys.length > 4 ? [keys[0], "…", keys[keys.length - 1]] : keys);

export function help() {
  const before = document.activeElement;
  /** @param {Shortcut} shortcut */
  const row = ({ keys, words }) =>
    h(
      "div",
      {},
      h(
        "dt",
        {},
        spelled(keys).flatMap((key) => (key === "…" ? " … " : [h("kbd", {}, NAMES[key] ?? key), " "])),
      ),
      h("dd", {}, t(words)),
    );
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "help-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "help-title" }, t("keys.title")),
      h("p", {}, t("keys.lead")),
      h("dl", { class: "keys" }, shortcuts().map(row)),
      h(
        "label",
        { class: "check" },
        h("input", { type: "checkbox", checked: areOn(), onchange: (event) => switchTo(event.target.checked) }),
        " ",
        t("keys.on"),
      ),
      h("div", { class: "row end" }, h("button", { class: "button main" }, t("close"))),
    ),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before) refocus(before);
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("button")?.focus();
}
