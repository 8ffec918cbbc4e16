/** The queue in its order, with filters. It refreshes itself and keeps the focus. */

import { now, query } from "../api.js";
import { h, say } from "../dom.js";
import { relative, short } from "../format.js";
import { bindView } from "../keys.js";
import { IDLE, idleFor } from "../lease.js";
import { named, t } from "../words.js";

const FRESH = 15_000; // ms
const LESS = new Set(["photos", "opened"]); // hidden on narrow screens
const SOON = 3_600_000; // ms before its deadline a case is shown as due soon
const QUEUES = ["photos", "appeals", "escalated"];
const SEVERITIES = ["critical", "high", "medium", "low"];
export const REASONS = [
  "POLICY.NUDITY",
  "POLICY.SUGGESTIVE",
  "POLICY.VIOLENCE",
  "POLICY.HATE",
  "POLICY.DRUGS",
  "POLICY.GESTURE",
  "RIGHTS.CELEBRITY",
  "RIGHTS.NOT_SELF",
  "MINOR.AGE_DOUBT",
  "SUBJECT.DIFFERENT_PERSON",
];

/**
 * @import { ReviewSummary } from "#api"
 * @import { Filters } from "../api.js"
 * @import { Page, View } from "../main.js"
 */

/** @param {Page} page @param {Filters} filters @returns {View} */
export function queueView(page, filters) {
  /** @type {ReviewSummary[] | null} */
  let cases = null;
  /** @type {string | null} */
  let cursor = null;
  let failure = "";
  let ended = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /**
   * Read as many cases as are shown. While the moderator is absent nothing is asked, so that their
   * session ends; while a filter is open nothing is redrawn, which would close it.
   */
  async function load({ aloud = false } = {}) {
    clearTimeout(timer);
    const choosing = page.main.contains(document.activeElement) && document.activeElement?.tagName === "SELECT";
    if (aloud || (idleFor() < IDLE && !choosing)) {
      try {
        const wanted = cases?.length ?? 0;
        let response = await page.desk.list(filters);
        const found = [...response.reviews];
        while (response.next && found.length < wanted) {
          response = await page.desk.list(filters, response.next);
          found.push(...response.reviews);
        }
        if (ended) return;
        [cases, cursor, failure] = [found, response.next, ""];
        page.expose(response.exposure);
        if (aloud) say(counted());
      } catch (error) {
        if (ended) return;
        failure = error.status === 403 ? t("error.no_access") : page.failed(error);
      }
      draw({});
    }
    timer = setTimeout(load, FRESH);
  }

  async function more() {
    const before = cases?.length ?? 0;
    try {
      const response = await page.desk.list(filters, cursor);
      cases = [...(cases ?? []), ...response.reviews];
      cursor = response.next;
      failure = "";
    } catch (error) {
      failure = page.failed(error);
    }
    if (ended) return;
    draw({});
    links()[before]?.focus();
  }

  function counted() {
    const n = cases?.length ?? 0;
    if (!n && !cursor) return t("queue.empty");
    return t(cursor ? "queue.more_count" : "queue.count", n);
  }

  const openNext = () => page.go(`/next${query(filters)}`);

  const links = () => /** @type {HTMLElement[]} */ ([...page.main.querySelectorAll("tbody a")]);

  /** @param {string} key */
  function step(key) {
    const found = links();
    const at = found.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = key === "j" || key === "ArrowDown" ? at + 1 : Math.max(0, at - 1);
    found[Math.min(to, found.length - 1)]?.focus();
  }

  /** @param {ReviewSummary} one */
  const state = ({ lease }) => (lease ? (lease.yours ? "yours" : "taken") : "free");
  /** @param {string} time */
  const soon = (time) => Date.parse(time) - now() < SOON;

  /** @param {ReviewSummary} one */
  const row = (one) =>
    h(
      "tr",
      {},
      h("td", {}, h("span", { class: `severity ${one.severity}` }, t(`severity.${one.severity}`))),
      h(
        "th",
        { scope: "row" },
        h("a", { href: `#/case/${one.review_id}`, id: one.review_id }, t("case", short(one.review_id))),
        one.kind === "appeal" && h("span", { class: "tag" }, t("kind.appeal")),
        one.queue === "escalated" && h("span", { class: "tag warn" }, t("queue.of.escalated")),
      ),
      h(
        "td",
        { class: "found" },
        one.reasons.length
          ? one.reasons.map((code) => h("span", { class: "reason" }, named("reason", code)))
          : h("span", { class: "faint" }, t("queue.sampled")),
      ),
      h("td", { class: "figures less" }, String(one.photos)),
      h("td", { class: "less" }, h("time", { datetime: one.opened_at }, relative(one.opened_at))),
      h(
        "td",
        {},
        h("time", { datetime: one.decide_by, class: soon(one.decide_by) ? "soon" : null }, relative(one.decide_by)),
      ),
      h("td", {}, h("span", { class: `lease ${state(one)}` }, t(`queue.${state(one)}`))),
    );

  const columns = ["severity", "case", "reasons", "photos", "opened", "left", "state"];

  /**
   * @param {"queue" | "severity" | "reason"} name
   * @param {string[]} values
   * @param {(value: string) => string} words
   */
  const filter = (name, values, words) =>
    h(
      "label",
      { class: "filter" },
      h("span", {}, t(`filter.${name}`)),
      " ",
      h(
        "select",
        {
          id: `filter-${name}`,
          onchange: (event) => page.go(`/queue${query({ ...filters, [name]: event.target.value })}`),
        },
        h("option", { value: "", selected: !filters[name] }, t("filter.all")),
        values.map((value) => h("option", { value, selected: filters[name] === value }, words(value))),
      ),
    );

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    bindView([
      { keys: ["n"], words: "keys.next", handler: openNext },
      { keys: ["j", "k", "ArrowDown", "ArrowUp"], words: "keys.move", handler: step, repeats: true },
      { keys: ["Enter"], words: "keys.open" },
      { keys: ["u"], words: "keys.refresh", handler: () => load({ aloud: true }) },
    ]);
    page.show(
      [
        h(
          "div",
          { class: "row head" },
          h("h1", { id: "title", tabindex: "-1" }, t("queue")),
          h("p", { class: "faint", id: "count" }, cases ? counted() : t("loading")),
          h(
            "div",
            { class: "row" },
            h(
              "button",
              { class: "button", id: "refresh", onclick: () => load({ aloud: true }) },
              t("queue.refresh"),
              " ",
              h("kbd", { "aria-hidden": "true" }, "u"),
            ),
            h(
              "button",
              { class: "button main", id: "next", onclick: openNext },
              t("queue.open_next"),
              " ",
              h("kbd", { "aria-hidden": "true" }, "n"),
            ),
          ),
        ),
        h(
          "div",
          { class: "row filters", role: "search", "aria-label": t("filter") },
          filter("queue", QUEUES, (value) => t(`queue.of.${value}`)),
          filter("severity", SEVERITIES, (value) => t(`severity.${value}`)),
          filter("reason", REASONS, (value) => named("reason", value)),
        ),
        failure && h("p", { class: "note bad" }, failure),
        cases?.length
          ? h(
              "div",
              {
                class: "card flush scroll",
                role: "region",
                "aria-label": t("queue.table"),
                id: "queue",
                tabindex: "0",
              },
              h(
                "table",
                { class: "queue" },
                h(
                  "thead",
                  {},
                  h(
                    "tr",
                    {},
                    columns.map((name) =>
                      h("th", { scope: "col", class: LESS.has(name) ? "less" : null }, t(`queue.${name}`)),
                    ),
                  ),
                ),
                h("tbody", {}, cases.map(row)),
              ),
            )
          : cases && h("p", { class: "card empty" }, t("queue.empty")),
        cursor && h("button", { class: "button", id: "more", onclick: more }, t("queue.more")),
      ],
      { arrive, title: t("queue") },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (how.arrive) load({ aloud: true });
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
