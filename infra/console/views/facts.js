/** The detector's results for one photo: findings first, then every label with its confidence. */

import { h, listed } from "../dom.js";
import { number, percent } from "../format.js";
import { named, t } from "../words.js";

/** @import { CasePhoto, FindingView, UserContext } from "#api" */

/** @param {number} value @param {string} name */
const bar = (value, name) =>
  h(
    "span",
    { class: "confidence" },
    h("meter", { min: 0, max: 100, value, "aria-label": name }),
    h("span", { class: "figures" }, percent(value / 100, 1)),
  );

/** @param {FindingView} one */
const finding = (one) =>
  h(
    "li",
    { class: one.outcome },
    h("strong", {}, one.reason ? named("reason", one.reason.code) : t("case.no_rule")),
    h("span", { class: "tag" }, t(`outcome.${one.outcome}`)),
    h("span", { class: "source" }, one.source),
    one.confidence !== null && bar(one.confidence, `${one.source}: ${t("case.confidence")}`),
  );

/** What earlier jobs of the same user came to: counts, no names and no job. @param {UserContext} context */
export function contextOf(context) {
  /** @param {Record<string, number>} found */
  const counted = (found) =>
    Object.entries(found)
      .map(([code, n]) => `${named("reason", code)} × ${n}`)
      .join(", ");
  /** @type {Parameters<typeof listed>[0]} */
  const rows = [
    [t("context.jobs"), String(context.jobs)],
    [t("context.approved"), String(context.approved_by_moderators)],
    [t("context.refused"), counted(context.refused) || t("context.none")],
    [t("context.granted"), counted(context.appeals_granted) || t("context.none")],
  ];
  return h(
    "section",
    { class: "card context", "aria-labelledby": "context-title" },
    h("h2", { id: "context-title" }, t("context")),
    context.jobs ? listed(rows) : h("p", { class: "faint" }, t("context.first")),
  );
}

/** @param {CasePhoto} photo */
export function facts(photo) {
  /** @type {Parameters<typeof listed>[0]} */
  const rows = [
    photo.match && [t("case.match"), t(`match.${photo.match}`)],
    photo.age_low !== null &&
      photo.age_high !== null && [t("case.age"), t("case.age.range", photo.age_low, photo.age_high)],
    photo.similarity !== null && [t("case.similarity"), percent(photo.similarity / 100, 1)],
    photo.width && photo.height && [t("case.size"), `${number(photo.width)} × ${number(photo.height)} px`],
  ];
  return h(
    "section",
    { class: "card facts", "aria-labelledby": "facts-title" },
    h("h2", { id: "facts-title" }, t("case.findings")),
    photo.findings.length
      ? h("ul", { class: "findings" }, photo.findings.map(finding))
      : h("p", { class: "faint" }, t("case.no_findings")),
    rows.some(Boolean) && listed(rows),
    h("h3", {}, t("case.labels")),
    photo.labels.length
      ? h(
          "table",
          { class: "labels" },
          h(
            "thead",
            { class: "unseen" },
            h("tr", {}, h("th", { scope: "col" }, t("case.label")), h("th", { scope: "col" }, t("case.confidence"))),
          ),
          h(
            "tbody",
            {},
            photo.labels.map((label) =>
              h(
                "tr",
                {},
                h(
                  "th",
                  { scope: "row" },
                  label.parent && h("span", { class: "faint" }, `${label.parent} › `),
                  label.name,
                ),
                h("td", {}, bar(label.confidence, label.name)),
              ),
            ),
          ),
        )
      : h("p", { class: "faint" }, t("case.no_labels")),
  );
}
