/** Figures of the review desk: the queue, decisions, and agreement between moderators. */

import { h, say } from "../dom.js";
import { duration, number, percent, relative } from "../format.js";
import { named, t } from "../words.js";

const PERIODS = [7, 30, 90];
const GRANT = 50;

export function statsView(page) {
  let days = 30;
  let known = null;
  let failure = "";
  let ended = false;

  async function load() {
    try {
      known = await page.desk.stats(days);
      failure = "";
      if (!ended) page.expose(known.exposure);
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  async function grant(moderator) {
    try {
      await page.desk.grant(moderator, GRANT);
      say(t("stats.granted", tail(moderator)));
    } catch (error) {
      failure = page.failed(error);
    }
    await load();
  }

  const tail = (id) => `…${id.slice(-8)}`;

  const figure = (name, value, hint = null, kind = "") =>
    h(
      "div",
      { class: `figure ${kind}` },
      h("dt", {}, t(`stats.${name}`)),
      h("dd", {}, h("b", {}, value), hint && h("small", {}, hint)),
    );

  /** A table that also shows its numbers as bars. */
  function bars(title, first, rows) {
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
        : h("p", { class: "faint" }, t("stats.none")),
    );
  }

  const moderators = () =>
    known.moderators.length > 0 &&
    h(
      "section",
      { class: "card" },
      h("h2", {}, t("stats.moderators")),
      h(
        "ul",
        { class: "people" },
        known.moderators.map(({ moderator, exposure, asks }, index) =>
          h(
            "li",
            {},
            h("code", { title: moderator }, tail(moderator)),
            h("meter", {
              min: 0,
              max: exposure.limit,
              high: exposure.limit * 0.8,
              optimum: 0,
              value: exposure.used,
              "aria-label": `${t("stats.moderators")} ${tail(moderator)}`,
            }),
            h("span", { class: "figures" }, t("exposure.of", exposure.used, exposure.limit)),
            asks && h("span", { class: "tag warn" }, t("stats.asks")),
            moderator !== page.me().id &&
              h(
                "button",
                {
                  class: "button",
                  id: `grant-${index}`,
                  onclick: () => grant(moderator),
                  "aria-label": `${t("stats.grant")}, ${tail(moderator)}`,
                },
                t("stats.grant"),
              ),
          ),
        ),
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

  const orNone = (value, write) => (value === null ? t("stats.none") : write(value));

  function body() {
    const { queue, second, appeals } = known;
    return [
      h(
        "dl",
        { class: "card figures-row" },
        figure("waiting", number(queue.waiting)),
        figure("leased", number(queue.leased)),
        figure("oldest", orNone(queue.oldest_opened_at, relative)),
        figure("approved", number(known.approved), null, "good"),
        figure("refused", number(known.refused), null, "bad"),
        figure("expired", number(known.expired), null, known.expired ? "warn" : ""),
        figure("mean", orNone(known.mean_seconds_to_decide, duration)),
      ),
      h("h2", {}, t("stats.quality")),
      h(
        "dl",
        { class: "card figures-row" },
        figure(
          "agreement",
          orNone(second.agreement, (share) => percent(share)),
          t("stats.agreement.hint", second.pairs),
        ),
        figure(
          "kappa",
          orNone(second.kappa, (kappa) => number(kappa, 2)),
          t("stats.kappa.hint"),
        ),
        figure(
          "overturned",
          orNone(appeals.overturn_rate, (share) => percent(share)),
          t("stats.overturned.hint", appeals.overturned, appeals.decided),
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
          Object.entries(known.refused_by_reason)
            .sort(([, one], [, other]) => other - one)
            .map(([code, value]) => [named("reason", code), value]),
        ),
        moderators(),
      ),
    ];
  }

  function draw({ arrive }) {
    page.show(
      [
        h("div", { class: "row head" }, h("h1", { id: "title", tabindex: "-1" }, t("stats")), period()),
        failure && h("p", { class: "note bad" }, failure),
        known ? body() : !failure && h("p", { class: "faint" }, t("loading")),
      ].flat(),
      { arrive, title: t("stats") },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (!known) load();
    },
    end: () => (ended = true),
  };
}
