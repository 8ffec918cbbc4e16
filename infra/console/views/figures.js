/** Figures, bars and tables of the leads' views. */

import { h } from "../dom.js";
import { number } from "../format.js";
import { t } from "../words.js";

/** @import { Child } from "../dom.js" */

/**
 * @param {string} name
 * @param {Child} value
 * @param {{hint?: string | null, kind?: "good" | "bad" | "warn" | ""}} more
 */
export const figure = (name, value, { hint = null, kind = "" } = {}) =>
  h(
    "div",
    { class: `figure ${kind}` },
    h("dt", {}, name),
    h("dd", {}, h("b", {}, value), hint && h("small", {}, hint)),
  );

/** @param {Child[]} found */
export const figures = (...found) => h("dl", { class: "card figures-row" }, found);

/**
 * A table with a caption. It scrolls sideways by itself, so that the page does not.
 * @param {string} caption
 * @param {string[]} columns
 * @param {Child[][]} rows the first cell names the row
 */
export const table = (caption, columns, rows) =>
  rows.length
    ? h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
        h(
          "table",
          { class: "listing" },
          h("caption", { class: "unseen" }, caption),
          h("thead", {}, h("tr", {}, ...columns.map((words) => h("th", { scope: "col" }, words)))),
          h(
            "tbody",
            {},
            rows.map(([first, ...cells]) =>
              h("tr", {}, h("th", { scope: "row" }, first), ...cells.map((cell) => h("td", {}, cell))),
            ),
          ),
        ),
      )
    : h("p", { class: "faint" }, t("none"));

/**
 * A table that also shows its numbers as bars.
 * @param {string} title
 * @param {string} first the heading of the names
 * @param {[string, number][]} rows
 */
export function bars(title, first, rows) {
  const most = Math.max(1, ...rows.map(([, value]) => value));
  return h(
    "section",
    { class: "card" },
    h("h2", {}, title),
    rows.length
      ? h(
          "table",
          { class: "bars" },
          h(
            "thead",
            { class: "unseen" },
            h("tr", {}, h("th", { scope: "col" }, first), h("th", { scope: "col" }, t("stats.number"))),
          ),
          h(
            "tbody",
            {},
            rows.map(([name, value]) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, name),
                h(
                  "td",
                  {},
                  h("meter", { min: 0, max: most, value, "aria-hidden": "true" }),
                  h("span", { class: "figures" }, number(value)),
                ),
              ),
            ),
          ),
        )
      : h("p", { class: "faint" }, t("none")),
  );
}
