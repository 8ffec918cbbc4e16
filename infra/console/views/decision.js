/** Approve, or refuse with a reason for each photo that breaks a rule. */

import { h } from "../dom.js";
import { moment, short } from "../format.js";
import { language, named, t } from "../words.js";

/**
 * @import { CasePhoto, CaseView, Reason } from "#api"
 * @import { Child } from "../dom.js"
 *
 * @typedef {object} Choice
 * @property {CasePhoto} photo
 * @property {Map<string, Reason>} refusals by photo
 * @property {(approve: boolean) => void} decide
 */

/** @param {CaseView} known @param {string} code */
const hint = (known, code) => known.reason_codes.find((one) => one.code === code)?.hint[language()];

/**
 * The reasons to choose from, and their outcome below. A choice must not redraw the list: the browser
 * would lose the letters typed to find a reason.
 * @param {CaseView} known
 * @param {Choice & {refuse: (name: string, code: Reason | "") => void, rule: Child}} choice
 */
export function decisionPanel(known, { photo, refusals, refuse, decide, rule }) {
  const name = photo.photo_id;
  const code = refusals.get(name) ?? "";
  return h(
    "section",
    { class: "card decision", "aria-labelledby": "decision-title" },
    h("div", { class: "row head" }, h("h2", { id: "decision-title" }, t("decide")), rule),
    h("label", { for: "reason" }, t("decide.refuse_photo"), " ", h("kbd", { "aria-hidden": "true" }, "m")),
    h(
      "select",
      { id: "reason", onchange: (event) => refuse(name, event.target.value), "aria-describedby": "hint" },
      h("option", { value: "", selected: !code }, t("decide.fine")),
      known.reason_codes.map((one) =>
        h("option", { value: one.code, selected: one.code === code }, named("reason", one.code)),
      ),
    ),
    h("div", { id: "outcome" }, outcome(known, { photo, refusals, decide })),
  );
}

/**
 * The hint that the user would read, and the two decisions.
 * @param {CaseView} known
 * @param {Choice} choice
 */
export function outcome(known, { photo, refusals, decide }) {
  const code = refusals.get(photo.photo_id);
  return [
    h(
      "p",
      { class: code ? "hint" : null, id: "hint" },
      code && [h("span", { class: "faint" }, t("decide.hint")), " ", hint(known, code)],
    ),
    h("p", { id: "summary" }, refusals.size ? t("decide.some", refusals.size) : t("decide.none")),
    h(
      "div",
      { class: "row" },
      h(
        "button",
        {
          class: "button good",
          id: "approve",
          "aria-disabled": refusals.size ? "true" : null,
          "aria-describedby": "summary",
          onclick: () => decide(true),
        },
        t("decide.approve"),
        " ",
        h("kbd", { "aria-hidden": "true" }, "a"),
      ),
      h(
        "button",
        {
          class: "button bad",
          id: "refuse",
          "aria-disabled": refusals.size ? null : "true",
          "aria-describedby": "summary",
          onclick: () => decide(false),
        },
        t("decide.refuse"),
        " ",
        h("kbd", { "aria-hidden": "true" }, "d"),
      ),
    ),
  ];
}

/** How a closed case ended. @param {CaseView} known */
export function verdict({ review, decision }) {
  if (!decision)
    return h("p", { class: "lease-line" }, t(review.state === "expired" ? "decide.expired" : `state.${review.state}`));
  return h(
    "div",
    { class: "verdict" },
    h("strong", {}, t(decision.approved ? "decide.was.approved" : "decide.was.refused", moment(decision.decided_at))),
    " ",
    t(decision.yours ? "decide.by_you" : "decide.by_other"),
    decision.photos.length > 0 &&
      h(
        "ul",
        {},
        decision.photos.map((one) => h("li", {}, `${short(one.photo_id)}: ${named("reason", one.reason)}`)),
      ),
  );
}
