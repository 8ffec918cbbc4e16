/** Approve, or refuse with a reason for each photo that breaks a rule. */

import { confirmed, h } from "../dom.js";
import { moment, short } from "../format.js";
import { language, named, t } from "../words.js";

const hinted = (known, code) => known.reason_codes.find((one) => one.code === code)?.hint[language()];

/**
 * The reasons to choose from, and below them what the choice comes to. Choosing must not draw the
 * list anew: it would forget the letters that were typed to find a reason.
 */
export function decisionPanel(known, { photo, marks, mark, decide }) {
  const name = photo.photo_id;
  const code = marks.get(name) ?? "";
  return h(
    "section",
    { class: "card decision", "aria-labelledby": "decision-title" },
    h("h2", { id: "decision-title" }, t("decide")),
    h(
      "label",
      { for: "mark" },
      t("decide.refuse_photo"),
      " ",
      h("kbd", { "aria-hidden": "true" }, "m"),
    ),
    h(
      "select",
      { id: "mark", onchange: (event) => mark(name, event.target.value), "aria-describedby": "hint" },
      h("option", { value: "", selected: !code }, t("decide.fine")),
      known.reason_codes.map((one) => h("option", { value: one.code, selected: one.code === code }, named("reason", one.code))),
    ),
    h("div", { id: "outcome" }, outcome(known, { photo, marks, decide })),
  );
}

/** What the user would read, and the two ways to decide. */
export function outcome(known, { photo, marks, decide }) {
  const code = marks.get(photo.photo_id);
  return [
    h("p", { class: code ? "hint" : null, id: "hint" }, code && [h("span", { class: "faint" }, t("decide.hint")), " ", hinted(known, code)]),
    h("p", { id: "sum" }, marks.size ? t("decide.some", marks.size) : t("decide.none")),
    h(
      "div",
      { class: "row" },
      h(
        "button",
        { class: "button good", id: "approve", "aria-disabled": marks.size ? "true" : null, "aria-describedby": "sum", onclick: () => decide(true) },
        t("decide.approve"),
        " ",
        h("kbd", { "aria-hidden": "true" }, "a"),
      ),
      h(
        "button",
        { class: "button bad", id: "refuse", "aria-disabled": marks.size ? null : "true", "aria-describedby": "sum", onclick: () => decide(false) },
        t("decide.refuse"),
        " ",
        h("kbd", { "aria-hidden": "true" }, "d"),
      ),
    ),
  ];
}

/** The last question before what cannot be taken back. */
export function askToDecide(known, photos) {
  const appeal = known.review.kind === "appeal";
  const kind = photos.length ? "refuse" : "approve";
  const place = (id) => known.photos.findIndex((one) => one.photo_id === id) + 1;
  return confirmed({
    title: t(`decide.${kind}.ask`),
    body: [
      photos.length > 0 &&
        h("ul", {}, photos.map((one) => h("li", {}, `${t("case.photo", place(one.photo_id), known.photos.length)}: `, h("strong", {}, named("reason", one.reason))))),
      h("p", {}, t(`decide.${kind}.${appeal ? "appeal" : "body"}`)),
    ].filter(Boolean),
    yes: t(`decide.${kind}`),
    no: t("cancel"),
    kind: photos.length ? "bad" : "good",
  });
}

/** How a case ended that is no longer open. */
export function verdict({ review, decision }) {
  if (!decision) return h("p", {}, t(review.state === "expired" ? "decide.expired" : `state.${review.state}`));
  return h(
    "div",
    { class: "verdict" },
    h("strong", {}, t(decision.approved ? "decide.was.approved" : "decide.was.refused", moment(decision.decided_at))),
    " ",
    t(decision.yours ? "decide.by_you" : "decide.by_other"),
    decision.photos.length > 0 && h("ul", {}, decision.photos.map((one) => h("li", {}, `${short(one.photo_id)}: ${named("reason", one.reason)}`))),
  );
}
