/** Figures: the queue and its forecast, decisions, agreement, the moderator's own work; for leads everyone's. */

import { h, say } from "../dom.js";
import { duration, number, percent, relative } from "../format.js";
import { named, t } from "../words.js";
import { bars, figure, figures, table } from "./figures.js";

/**
 * @import { AgreementView, ModeratorStats, StatsView, WorkStats } from "#api"
 * @import { Page, View } from "../main.js"
 */

const PERIODS = [1, 7, 30, 90];
const GRANT = 50;

/** @param {Page} page @returns {View} */
export function statsView(page) {
  let days = 30;
  /** @type {StatsView | null} */
  let known = null;
  /** @type {Map<string, string>} */
  let names = new Map();
  let failure = "";
  let ended = false;

  async function load() {
    try {
      [known, names] = await Promise.all([page.desk.stats(days), page.names()]);
      failure = "";
      if (!ended) page.expose(known.exposure);
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  /** @param {string} moderator */
  async function grant(moderator) {
    try {
      await page.desk.grant(moderator, GRANT);
      say(t("stats.granted", nameOf(moderator)));
    } catch (error) {
      failure = page.failed(error);
    }
    await load();
  }

  /** @param {string} id */
  const nameOf = (id) => names.get(id) ?? `…${id.slice(-8)}`;

  /**
   * @template T
   * @param {T | null} value
   * @param {(value: T) => string} write
   */
  const orNone = (value, write) => (value === null ? t("none") : write(value));

  /** @param {number} agreed @param {number} differed */
  const agreement = (agreed, differed) => (agreed + differed ? percent(agreed / (agreed + differed)) : t("none"));

  /** @param {WorkStats} own */
  const work = (own) =>
    figures(
      figure(t("stats.handled"), number(own.handled), { hint: t("stats.handled.hint", own.approved, own.refused) }),
      figure(t("stats.worked"), own.handling_seconds ? duration(own.handling_seconds) : t("none")),
      figure(t("stats.handling"), orNone(own.mean_handling_seconds, duration)),
      figure(t("stats.agreement"), agreement(own.agreed, own.differed), {
        hint: t("stats.agreement.hint", own.agreed + own.differed),
      }),
      figure(t("stats.unseen"), number(own.approved_unseen), { kind: own.approved_unseen ? "warn" : "" }),
      figure(t("stats.skipped"), number(own.skipped)),
      figure(t("stats.escalated"), number(own.escalated)),
      figure(t("stats.undone"), number(own.undone)),
    );

  /** @param {ModeratorStats} one @param {number} index */
  const moderator = ({ moderator, work, known, exposure, asks }, index) => [
    h("span", { title: moderator }, nameOf(moderator)),
    number(work.handled),
    orNone(work.mean_handling_seconds, duration),
    number(work.approved),
    number(work.refused),
    agreement(work.agreed, work.differed),
    agreement(known.agreed, known.differed),
    number(work.approved_unseen),
    number(work.skipped),
    number(work.escalated),
    [
      h("meter", {
        min: 0,
        max: exposure.limit,
        high: exposure.limit * 0.8,
        optimum: 0,
        value: exposure.used,
        "aria-label": `${t("stats.exposure")}, ${nameOf(moderator)}`,
      }),
      " ",
      h("span", { class: "figures" }, t("exposure.of", exposure.used, exposure.limit)),
      asks && h("span", { class: "tag warn" }, t("stats.asks")),
    ],
    moderator !== page.me().id &&
      h(
        "button",
        {
          class: "button",
          id: `grant-${index}`,
          onclick: () => grant(moderator),
          "aria-label": `${t("stats.grant")}, ${nameOf(moderator)}`,
        },
        t("stats.grant"),
      ),
  ];

  const COLUMNS = [
    "moderator",
    "handled",
    "handling",
    "approved",
    "refused",
    "agreement",
    "known",
    "unseen",
    "skipped",
    "escalated",
  ];

  /** @param {string} title @param {Record<string, AgreementView>} found */
  const byReason = (title, found) =>
    h(
      "section",
      { class: "card" },
      h("h2", {}, title),
      table(
        title,
        [t("stats.reason"), t("stats.agreed"), t("stats.differed"), t("stats.agreement")],
        Object.entries(found).map(([code, { agreed, differed }]) => [
          named("reason", code),
          number(agreed),
          number(differed),
          agreement(agreed, differed),
        ]),
      ),
    );

  const period = () =>
    h(
      "label",
      { class: "row" },
      h("span", {}, t("stats.days")),
      h(
        "select",
        {
          id: "days",
          onchange: (event) => {
            days = Number(event.target.value);
            load();
          },
        },
        PERIODS.map((one) => h("option", { value: one, selected: one === days }, t("stats.last", one))),
      ),
    );

  /** @param {StatsView} shown */
  function body({ queue, second, known: cases, appeals, own, moderators, ...all }) {
    /** @param {number} count */
    const atLeast = (count) => `${number(count)}${queue.complete ? "" : "+"}`;
    return [
      h("h2", {}, t("stats.own")),
      work(own),
      h("h2", {}, t("queue")),
      figures(
        figure(t("stats.waiting"), atLeast(queue.waiting)),
        figure(t("stats.leased"), atLeast(queue.leased)),
        figure(t("stats.oldest"), orNone(queue.oldest_opened_at, relative)),
        figure(t("stats.due"), atLeast(queue.due_within_hour), { kind: queue.due_within_hour ? "warn" : "" }),
        figure(
          t("stats.pace"),
          orNone(queue.decided_per_hour, (rate) => number(rate, 1)),
          { hint: t("stats.pace.hint") },
        ),
        figure(t("stats.missed"), orNone(queue.missed_forecast, atLeast), {
          hint: t("stats.missed.hint"),
          kind: queue.missed_forecast ? "bad" : "",
        }),
      ),
      h("h2", {}, t("stats.decisions")),
      figures(
        figure(t("stats.approved"), number(all.approved), { kind: "good" }),
        figure(t("stats.refused"), number(all.refused), { kind: "bad" }),
        figure(t("stats.expired"), number(all.expired), { kind: all.expired ? "warn" : "" }),
        figure(t("stats.mean"), orNone(all.mean_seconds_to_decide, duration)),
        figure(t("stats.handling"), orNone(all.mean_handling_seconds, duration)),
        figure(t("stats.unseen"), number(all.approved_unseen), { kind: all.approved_unseen ? "warn" : "" }),
        figure(t("stats.reversed"), number(all.reversed)),
      ),
      h(
        "div",
        { class: "row head" },
        h("h2", {}, t("stats.quality")),
        page.me().lead && h("a", { href: "#/decided?second=differed", id: "disagreements" }, t("stats.disagreements")),
      ),
      figures(
        figure(t("stats.agreement"), orNone(second.agreement, percent), {
          hint: t("stats.agreement.hint", second.pairs),
        }),
        figure(
          t("stats.kappa"),
          orNone(second.kappa, (kappa) => number(kappa, 2)),
          { hint: t("stats.kappa.hint") },
        ),
        cases &&
          figure(t("stats.known"), agreement(cases.agreed, cases.differed), {
            hint: t("stats.known.hint", cases.agreed + cases.differed),
          }),
        figure(t("stats.overturned"), orNone(appeals.overturn_rate, percent), {
          hint: t("stats.overturned.hint", appeals.overturned, appeals.decided),
        }),
      ),
      moderators.length > 0 &&
        h(
          "section",
          { class: "card people" },
          h("h2", {}, t("stats.moderators")),
          table(
            t("stats.moderators"),
            [...COLUMNS.map((name) => t(`stats.${name}`)), t("stats.exposure"), t("action")],
            moderators.map(moderator),
          ),
        ),
      h(
        "div",
        { class: "columns" },
        bars(
          t("stats.severities"),
          t("stats.severity"),
          Object.entries(queue.by_severity).map(([name, value]) => [t(`severity.${name}`), value]),
        ),
        bars(
          t("stats.reasons"),
          t("stats.reason"),
          Object.entries(all.refused_by_reason)
            .sort(([, one], [, other]) => other - one)
            .map(([code, value]) => [named("reason", code), value]),
        ),
        byReason(t("stats.agreement.by_reason"), second.by_reason),
        cases && cases.agreed + cases.differed > 0 && byReason(t("stats.known.by_reason"), cases.by_reason),
      ),
    ];
  }

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    page.show(
      [
        h("div", { class: "row head" }, h("h1", { id: "title", tabindex: "-1" }, t("stats")), period()),
        failure && h("p", { class: "note bad" }, failure),
        known ? body(known) : !failure && h("p", { class: "faint" }, t("loading")),
      ],
      { arrive, title: t("stats") },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (!known) load();
    },
    end() {
      ended = true;
    },
  };
}
