/** The rule at hand, in full: what the guidelines say about a reason. */

import { h } from "../dom.js";
import { language, named, t } from "../words.js";

/** @import { GuidelineView } from "#api" */

/** @param {readonly GuidelineView[]} guidelines @param {string | null} code */
export function ruleOf(guidelines, code) {
  const one = guidelines.find((each) => each.code === code);
  return h(
    "section",
    { class: "card rule", "aria-labelledby": "rule-title" },
    h("h2", { id: "rule-title", tabindex: "-1" }, t("rule.of", code ? named("reason", code) : "–")),
    h("p", {}, one ? (one.rule[language()] ?? one.rule.en) : t("rule.none")),
    one && h("p", { class: "faint" }, t("rule.points", one.points)),
  );
}
