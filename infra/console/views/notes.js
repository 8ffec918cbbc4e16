/** Notes of the moderators about a case. They are deleted with it. */

import { h } from "../dom.js";
import { relative } from "../format.js";
import { t } from "../words.js";

/**
 * @import { NoteView } from "#api"
 * @import { Child } from "../dom.js"
 */

/** @param {readonly NoteView[]} notes @param {Child} add */
export function noteList(notes, add) {
  return h(
    "section",
    { class: "card notes", "aria-labelledby": "notes-title" },
    h("div", { class: "row head" }, h("h2", { id: "notes-title" }, t("notes")), add),
    notes.length
      ? h(
          "ul",
          {},
          notes.map((one) =>
            h(
              "li",
              {},
              h("p", {}, one.text),
              h(
                "small",
                {},
                t(one.yours ? "notes.you" : "notes.other"),
                " · ",
                h("time", { datetime: one.at }, relative(one.at)),
              ),
            ),
          ),
        )
      : h("p", { class: "faint" }, t("notes.none")),
  );
}
