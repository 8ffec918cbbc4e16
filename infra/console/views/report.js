/** Figures of the transparency report, and the export of the audit log. For leads. */

import { now, query } from "../api.js";
import { BrokenChain, exportLog } from "../audit_chain.js";
import { h, say } from "../dom.js";
import { csv, download } from "../download.js";
import { duration, number, percent } from "../format.js";
import { named, t } from "../words.js";
import { figure, figures, table } from "./figures.js";

/**
 * @import { ReasonFigures, TransparencyView } from "#api"
 * @import { Page, View } from "../main.js"
 */

export const TIME = ["first", "last"];

const COUNTS = /** @type {const} */ ([
  "refused_automatically",
  "left_out_automatically",
  "refused_by_moderators",
  "appeals_rejected",
  "appeals_granted",
]);

/**
 * @param {Page} page
 * @param {Record<string, string>} given first and last day
 * @returns {View}
 */
export function reportView(page, given) {
  const today = new Date(now()).toISOString().slice(0, 10);
  const first = given.first ?? `${today.slice(0, 4)}-01-01`;
  const last = given.last ?? today;
  /** @type {TransparencyView | null} */
  let known = null;
  let failure = "";
  let state = ""; // of the export
  let ended = false;

  async function load() {
    try {
      known = await page.desk.transparency(first, last);
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  /** @param {string} words */
  function tell(words, urgently = false) {
    state = words;
    if (ended) return;
    draw({});
    say(words, urgently);
  }

  async function exported() {
    tell(t("export.running"));
    try {
      const { text, entries, anchors } = await exportLog(page.desk, (done, all) => {
        if (done < all) tell(t("export.progress", done, all));
      });
      download(`audit-log-${entries}.jsonl`, "application/x-ndjson", text);
      tell(t("export.done", entries, anchors));
    } catch (error) {
      if (error instanceof BrokenChain) tell(t("export.broken", error.chain, error.number), true);
      else tell(page.failed(error), true);
    }
  }

  /** @param {TransparencyView} shown */
  const asCsv = ({ by_reason, ...rest }) =>
    csv([
      ["figure", "reason", "dsa_category", "dsa_keyword", "value"],
      ...Object.entries(rest).map(([name, value]) => [name, "", "", "", value]),
      ...Object.entries(by_reason).flatMap(([code, one]) =>
        COUNTS.map((name) => [name, code, one.dsa_category, one.dsa_keyword, one[name]]),
      ),
    ]);

  /** @param {"csv" | "json"} kind */
  function save(kind) {
    if (!known) return;
    const name = `transparency-${known.first}-${known.last}.${kind}`;
    if (kind === "csv") download(name, "text/csv;charset=utf-8", asCsv(known));
    else download(name, "application/json", `${JSON.stringify(known, null, 2)}\n`);
    say(t("report.saved", name));
  }

  /** @param {"first" | "last"} name @param {string} value */
  const date = (name, value) =>
    h(
      "label",
      { class: "filter" },
      h("span", {}, t(`report.${name}`)),
      " ",
      h("input", {
        type: "date",
        id: name,
        value,
        max: today,
        onchange: (event) =>
          event.target.value && page.go(`/report${query({ first, last, [name]: event.target.value })}`),
      }),
    );

  /** @param {number | null} value @param {(value: number) => string} write */
  const orNone = (value, write) => (value === null ? t("none") : write(value));

  /** @param {[string, ReasonFigures]} entry */
  const row = ([code, one]) => [
    named("reason", code),
    h("small", {}, [one.dsa_category, one.dsa_keyword].filter(Boolean).join(" · ")),
    ...COUNTS.map((name) => number(one[name])),
  ];

  /** @param {TransparencyView} shown */
  const body = (shown) => [
    figures(
      figure(t("report.jobs_moderated"), number(shown.jobs_moderated)),
      figure(t("report.jobs_to_moderators"), number(shown.jobs_to_moderators)),
      figure(t("report.cases_approved"), number(shown.cases_approved), { kind: "good" }),
      figure(t("report.cases_refused"), number(shown.cases_refused), { kind: "bad" }),
      figure(t("report.cases_expired"), number(shown.cases_expired)),
      figure(t("report.doubts_approved_rate"), orNone(shown.doubts_approved_rate, percent)),
      figure(t("report.median_seconds_to_decide"), orNone(shown.median_seconds_to_decide, duration)),
    ),
    figures(
      figure(t("report.appeals_granted"), number(shown.appeals_granted)),
      figure(t("report.appeals_rejected"), number(shown.appeals_rejected)),
      figure(t("report.appeals_expired"), number(shown.appeals_expired)),
      figure(t("report.automated_overturn_rate"), orNone(shown.automated_overturn_rate, percent)),
      figure(t("report.median_seconds_of_appeals"), orNone(shown.median_seconds_of_appeals, duration)),
      figure(t("report.reversed_by_leads"), number(shown.reversed_by_leads)),
    ),
    h(
      "section",
      { class: "card" },
      h("h2", {}, t("report.by_reason")),
      table(
        t("report.by_reason"),
        [t("stats.reason"), t("report.dsa"), ...COUNTS.map((name) => t(`report.${name}`))],
        Object.entries(shown.by_reason).map(row),
      ),
    ),
  ];

  const log = () =>
    h(
      "section",
      { class: "card" },
      h("h2", {}, t("export")),
      h("p", {}, t("export.body")),
      h("button", { class: "button", id: "export", onclick: exported }, t("export.yes")),
      state && h("p", { id: "export-state" }, h("code", {}, state)),
    );

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    page.show(
      [
        h("div", { class: "row head" }, h("h1", { id: "title", tabindex: "-1" }, t("report"))),
        h("p", { class: "faint" }, t("report.body")),
        h(
          "div",
          { class: "row filters" },
          date("first", first),
          date("last", last),
          known && [
            h("button", { class: "button", id: "csv", onclick: () => save("csv") }, t("report.csv")),
            h("button", { class: "button", id: "json", onclick: () => save("json") }, t("report.json")),
          ],
        ),
        failure && h("p", { class: "note bad" }, failure),
        known ? body(known) : !failure && h("p", { class: "faint" }, t("loading")),
        log(),
      ],
      { arrive, title: t("report") },
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
