/** Decided cases of a day, for leads: filters, the disagreements, and the reversal of a decision. */

import { now, query } from "../api.js";
import { h, say } from "../dom.js";
import { duration, short, timeOfDay } from "../format.js";
import { named, t } from "../words.js";
import { ask } from "./dialogs.js";
import { table } from "./figures.js";
import { REASONS } from "./queue.js";

/**
 * @import { DecidedView, Reason, RefusedPhoto } from "#api"
 * @import { DecidedFilters } from "../api.js"
 * @import { Page, View } from "../main.js"
 */

/** @type {(keyof DecidedFilters)[]} */
export const DECIDED = ["day", "moderator", "state", "kind", "reason", "second"];

const DAY = 86_400_000; // ms

/** A day of UTC as the API writes it. @param {number} time ms */
const dayOf = (time) => new Date(time).toISOString().slice(0, 10);

/**
 * @param {Page} page
 * @param {DecidedFilters} filters
 * @returns {View}
 */
export function decidedView(page, filters) {
  const day = filters.day && Date.parse(filters.day) ? filters.day : dayOf(now());
  /** @type {DecidedView[] | null} */
  let cases = null;
  /** @type {string | null} */
  let cursor = null;
  /** @type {Map<string, string>} */
  let names = new Map();
  let failure = "";
  let ended = false;

  async function load() {
    try {
      const [found, known] = await Promise.all([page.desk.decided({ ...filters, day }, cursor), page.names()]);
      cases = [...(cases ?? []), ...found.reviews];
      [cursor, names, failure] = [found.next, known, ""];
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  /** @param {string} id */
  const nameOf = (id) => (id === page.me().id ? t("people.you") : (names.get(id) ?? `…${id.slice(-8)}`));

  /** The photos to refuse in place of an approval, as a lead chooses them; null: cancelled. */
  async function refusal(/** @type {DecidedView} */ one) {
    const found = await page.desk.read(one.review_id);
    const given = await ask({
      title: t("overturn.refuse.ask", short(one.review_id)),
      body: t("overturn.refuse.body"),
      fields: found.photos.map((photo, index) => ({
        name: photo.photo_id,
        label: t("case.photo", index + 1, found.photos.length),
        options: [["", t("decide.fine")], ...found.reason_codes.map(codeOption)],
        optional: true,
      })),
      yes: t("overturn.refuse"),
      kind: "bad",
    });
    if (!given) return null;
    const chosen = Object.entries(given).filter(([, reason]) => reason);
    return chosen.map(([photo_id, reason]) => ({ photo_id, reason: /** @type {Reason} */ (reason) }));
  }

  /** @param {{code: string}} one @returns {[string, string]} */
  const codeOption = ({ code }) => [code, named("reason", code)];

  /** @param {DecidedView} one */
  async function approval(one) {
    const given = await ask({
      title: t("overturn.approve.ask", short(one.review_id)),
      body: t("overturn.approve.body"),
      yes: t("overturn.approve"),
    });
    return given && [];
  }

  /** @param {DecidedView} one */
  async function overturn(one) {
    try {
      /** @type {RefusedPhoto[] | null} */
      const photos = await (one.approved ? refusal(one) : approval(one));
      if (!photos || ended) return;
      if (one.approved && !photos.length) return say(t("decide.reason_first"), true);
      const changed = await page.desk.overturn(one.review_id, photos);
      cases = (cases ?? []).map((each) => (each.review_id === one.review_id ? changed : each));
      failure = "";
      say(t("overturn.done", short(one.review_id)));
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  /** @param {Record<string, string>} changed */
  const go = (changed) => page.go(`/decided${query({ ...filters, day, ...changed })}`);

  /**
   * @param {keyof DecidedFilters} name
   * @param {[string, string][]} options
   */
  const filter = (name, options) =>
    h(
      "label",
      { class: "filter" },
      h("span", {}, t(`decided.${name}`)),
      " ",
      h(
        "select",
        { id: `filter-${name}`, onchange: (event) => go({ [name]: event.target.value }) },
        h("option", { value: "", selected: !filters[name] }, t("filter.all")),
        options.map(([value, words]) => h("option", { value, selected: filters[name] === value }, words)),
      ),
    );

  const choices = () =>
    h(
      "div",
      { class: "row filters" },
      h(
        "label",
        { class: "filter" },
        h("span", {}, t("decided.day")),
        " ",
        h("input", {
          type: "date",
          id: "day",
          value: day,
          max: dayOf(now()),
          onchange: (event) => event.target.value && go({ day: event.target.value }),
        }),
      ),
      h(
        "button",
        { class: "button", id: "before", onclick: () => go({ day: dayOf(Date.parse(day) - DAY) }) },
        t("decided.before"),
      ),
      day < dayOf(now()) &&
        h(
          "button",
          { class: "button", id: "after", onclick: () => go({ day: dayOf(Date.parse(day) + DAY) }) },
          t("decided.after"),
        ),
      filter(
        "moderator",
        [...names].map(([id, name]) => [id, name]),
      ),
      filter(
        "state",
        ["approved", "refused"].map((one) => [one, t(`state.${one}`)]),
      ),
      filter(
        "kind",
        ["photos", "second", "appeal", "known"].map((one) => [one, t(`kind.${one}`)]),
      ),
      filter(
        "reason",
        REASONS.map((code) => [code, named("reason", code)]),
      ),
      filter(
        "second",
        ["differed", "agreed"].map((one) => [one, t(`decided.second.${one}`)]),
      ),
    );

  /** @param {DecidedView} one */
  const decision = (one) => [
    h("strong", {}, t(one.approved ? "state.approved" : "state.refused")),
    one.refused.map((photo) => h("small", {}, `${photo.photo_id}: ${named("reason", photo.reason)}`)),
    one.first_approved !== null &&
      one.first_approved !== one.approved &&
      h("span", { class: "tag warn" }, t(one.first_approved ? "decided.first.approved" : "decided.first.refused")),
    one.answer !== null && h("small", {}, t("decided.answer", answer(one.answer))),
    one.approved && !one.looked && h("span", { class: "tag warn" }, t("decided.unseen")),
    one.overturned_by && h("span", { class: "tag warn" }, t("decided.overturned", nameOf(one.overturned_by))),
  ];

  /** Of a known case. @param {RefusedPhoto[]} photos */
  const answer = (photos) =>
    photos.map((photo) => `${photo.photo_id}: ${named("reason", photo.reason)}`).join(", ") || t("state.approved");

  /** @param {DecidedView} one */
  const row = (one) => [
    [
      h("a", { href: `#/case/${one.review_id}` }, t("case", short(one.review_id))),
      one.kind !== "photos" && h("span", { class: "tag" }, t(`kind.${one.kind}`)),
    ],
    one.reasons.length
      ? one.reasons.map((code) => h("span", { class: "reason" }, named("reason", code)))
      : h("span", { class: "faint" }, t("queue.sampled")),
    decision(one),
    h("span", { title: one.decided_by }, nameOf(one.decided_by)),
    h("time", { datetime: one.decided_at }, timeOfDay(one.decided_at)),
    duration(Math.round(one.handling_seconds)),
    reversible(one) &&
      h(
        "button",
        {
          class: "button",
          id: `overturn-${one.review_id}`,
          "aria-label": `${t("overturn")}: ${t("case", short(one.review_id))}`,
          onclick: () => overturn(one),
        },
        t("overturn"),
      ),
  ];

  /** An appeal is final, a known case has no job, and a lead does not reverse their own decision. @param {DecidedView} one */
  const reversible = (one) =>
    !["appeal", "known"].includes(one.kind) && !one.overturned_by && one.decided_by !== page.me().id;

  const COLUMNS = ["case", "found", "decision", "by", "at", "handling"];

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    page.show(
      [
        h("div", { class: "row head" }, h("h1", { id: "title", tabindex: "-1" }, t("decided"))),
        h("p", { class: "faint" }, t("decided.utc")),
        choices(),
        failure && h("p", { class: "note bad" }, failure),
        cases
          ? h(
              "div",
              { class: "card flush" },
              cases.length
                ? table(t("decided"), [...COLUMNS.map((name) => t(`decided.${name}`)), t("action")], cases.map(row))
                : h("p", { class: "empty" }, t("decided.none")),
            )
          : !failure && h("p", { class: "faint" }, t("loading")),
        cursor && h("button", { class: "button", id: "more", onclick: load }, t("queue.more")),
      ],
      { arrive, title: t("decided") },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (how.arrive) load();
    },
    end() {
      ended = true;
    },
  };
}
