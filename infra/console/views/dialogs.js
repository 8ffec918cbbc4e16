/** A question in a modal dialog, with fields. */

import { h, refocus } from "../dom.js";
import { t } from "../words.js";

/**
 * Ask; resolves to the values of the fields by name, or to null. The focus returns to where it was.
 * A field has `options` ([value, words]), `lines` (a text of several lines), `type` (an input), or `checks`.
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {[string, string][]} [options]
 * @property {[string, string, boolean][]} [checks]
 * @property {number} [lines]
 * @property {number} [max] characters
 * @property {"text" | "email" | "datetime-local"} [type]
 * @property {string} [value]
 * @property {string} [pattern]
 * @property {string} [hint]
 * @property {boolean} [optional]
 *
 * @param {{title: string, body?: string, fields?: Field[], yes: string, kind?: string}} question
 * @returns {Promise<Record<string, any> | null>} of a field with `checks` a list, else a string
 */
export function ask({ title, body, fields = [], yes, kind = "" }) {
  const before = document.activeElement;
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      body && h("p", {}, body),
      fields.map(drawn),
      h(
        "div",
        { class: "row end" },
        // no submit button: Enter in a field presses the first one
        h("button", { class: "button", type: "button", value: "no", onclick: () => dialog.close() }, t("cancel")),
        h("button", { class: `button main ${kind}`, value: "yes" }, yes),
      ),
    ),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const given = new FormData(/** @type {HTMLFormElement} */ (dialog.querySelector("form")));
      const found = Object.fromEntries(
        fields.map((one) => [one.name, one.checks ? given.getAll(one.name) : given.get(one.name)]),
      );
      dialog.remove();
      if (before) refocus(before);
      resolve(dialog.returnValue === "yes" ? found : null);
    });
    dialog.showModal();
    const first = dialog.querySelector("textarea, select, input") ?? dialog.querySelector("[value=yes]");
    /** @type {HTMLElement} */ (first).focus();
  });
}

/** @param {Field} field */
function drawn({ name, label, options, checks, lines, max, type, value, pattern, hint, optional = false }) {
  const id = `ask-${name}`;
  const described = hint ? `${id}-hint` : null;
  if (checks)
    return h(
      "fieldset",
      {},
      h("legend", {}, label),
      checks.map(([value, words, checked]) =>
        h("label", { class: "check" }, h("input", { type: "checkbox", name, value, checked }), " ", words),
      ),
    );
  return [
    h("label", { for: id, class: "asked" }, label),
    options
      ? h(
          "select",
          { id, name, required: !optional, "aria-describedby": described },
          options.map(([one, words]) => h("option", { value: one, selected: one === value }, words)),
        )
      : lines
        ? h("textarea", { id, name, rows: lines, maxlength: max, required: true, pattern: ".*\\S.*" })
        : h("input", {
            ...{ id, name, type, value, pattern, maxlength: max, required: !optional },
            ...{ autocomplete: "off", autocapitalize: "none", spellcheck: "false" },
            "aria-describedby": described,
          }),
    hint && h("small", { id: `${id}-hint` }, hint),
  ];
}
