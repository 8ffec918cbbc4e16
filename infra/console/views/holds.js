/** Jobs that are held because their photos may be illegal: a list, and one of them. For leads. */

import { now } from "../api.js";
import { h, listed, say } from "../dom.js";
import { download } from "../download.js";
import { moment, relative, short } from "../format.js";
import { t } from "../words.js";
import { ask } from "./dialogs.js";
import { table } from "./figures.js";

/**
 * @import { HeldPhotoView, HoldSummary, HoldView } from "#api"
 * @import { Page, View } from "../main.js"
 */

/** @param {Page} page @returns {View} */
export function holdsView(page) {
  /** @type {HoldSummary[] | null} */
  let holds = null;
  /** @type {string | null} */
  let cursor = null;
  let failure = "";
  let ended = false;

  async function load() {
    try {
      const found = await page.desk.holds(cursor);
      holds = [...(holds ?? []), ...found.holds];
      [cursor, failure] = [found.next, ""];
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  /** @param {HoldSummary} one */
  const row = (one) => [
    h("a", { href: `#/holds/${one.job_id}` }, t("held.job", short(one.job_id))),
    stateOf(one),
    t(`held.trigger.${one.trigger}`),
    h("time", { datetime: one.held_at, title: moment(one.held_at) }, relative(one.held_at)),
    String(one.photos),
  ];

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    page.show(
      [
        h("div", { class: "row head" }, h("h1", { id: "title", tabindex: "-1" }, t("held"))),
        h("p", { class: "faint" }, t("held.body")),
        failure && h("p", { class: "note bad" }, failure),
        holds
          ? h(
              "div",
              { class: "card flush" },
              holds.length
                ? table(
                    t("held"),
                    ["job", "state", "trigger", "at", "photos"].map((name) => t(`held.${name}.head`)),
                    holds.map(row),
                  )
                : h("p", { class: "empty" }, t("held.empty")),
            )
          : !failure && h("p", { class: "faint" }, t("loading")),
        cursor && h("button", { class: "button", id: "more", onclick: load }, t("queue.more")),
      ],
      { arrive, title: t("held") },
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

/** What the law asks for next comes first. @param {HoldSummary} one */
const stateOf = (one) => [
  h("strong", {}, t(`held.state.${one.state}`)),
  one.state === "confirmed" &&
    h("span", { class: `tag ${one.reported ? "" : "warn"}` }, t(one.reported ? "held.reported" : "held.unreported")),
  one.blocked && h("span", { class: "tag" }, t("held.blocked")),
];

/** @param {Page} page @param {string} id of the job @returns {View} */
export function holdView(page, id) {
  /** @type {HoldView | null} */
  let known = null;
  /** @type {Map<string, string>} */
  let names = new Map();
  let failure = "";
  let ended = false;

  async function load() {
    try {
      [known, names] = await Promise.all([page.desk.readHold(id), page.names()]);
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  /** The response of `doing` is the hold. @param {() => Promise<HoldView>} doing @param {string} words */
  async function run(doing, words) {
    failure = "";
    try {
      known = await doing();
      say(words);
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
      if (error.kind === "HoldDecided") return load();
    }
    if (!ended) draw({});
  }

  /** @param {boolean} confirm */
  async function decide(confirm) {
    const name = confirm ? "confirm" : "return";
    const yes = { title: t(`held.${name}.ask`), body: t(`held.${name}.body`), yes: t(`held.${name}`) };
    if (await ask({ ...yes, kind: confirm ? "bad" : "" }))
      await run(() => page.desk.decideHold(id, confirm), t(`held.${name}.done`));
  }

  async function save() {
    try {
      const record = await page.desk.holdReport(id);
      download(`report-${id}.json`, "application/json", `${JSON.stringify(record, null, 2)}\n`);
      say(t("report.saved", `report-${id}.json`));
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
      draw({});
    }
  }

  async function reported() {
    const here = new Date(now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    const given = await ask({
      title: t("held.report.ask"),
      body: t("held.report.body"),
      fields: [
        { name: "authority", label: t("held.authority"), type: "text", value: "NCMEC", max: 100 },
        { name: "reference", label: t("held.reference"), type: "text", max: 100 },
        { name: "at", label: t("held.reported_at"), type: "datetime-local", value: here },
      ],
      yes: t("held.report.yes"),
    });
    if (!given) return;
    const report = {
      authority: given.authority.trim(),
      reference: given.reference.trim(),
      reported_at: new Date(given.at).toISOString(),
    };
    await run(() => page.desk.reportHold(id, report), t("held.report.done"));
  }

  async function unblock() {
    const yes = { title: t("held.unblock.ask"), body: t("held.unblock.body"), yes: t("held.unblock") };
    if (await ask(yes)) await run(() => page.desk.unblock(id), t("held.unblock.done"));
  }

  /** @param {string} actor */
  const nameOf = (actor) => (actor === "system" ? t("audit.system") : (names.get(actor) ?? `…${actor.slice(-8)}`));

  /** @param {HeldPhotoView} one */
  const photo = (one) =>
    h(
      "li",
      { class: "card" },
      h("h3", {}, one.photo_id, one.suspected && h("span", { class: "tag warn" }, t("held.suspected"))),
      one.preview
        ? h("img", { src: one.preview, alt: t("case.blurred"), draggable: "false" })
        : h("p", { class: "faint" }, t("held.no_preview")),
      h("p", {}, one.findings.join(", ") || t("case.no_findings")),
    );

  /** @param {string} name @param {string} words @param {() => unknown} doing */
  const button = (name, words, doing, kind = "") =>
    h("button", { class: `button ${kind}`, id: name, onclick: doing }, words);

  /** @param {HoldView} one */
  const actions = (one) =>
    h(
      "div",
      { class: "row filters" },
      one.state === "waiting" && [
        button("confirm", t("held.confirm"), () => decide(true), "bad"),
        button("return", t("held.return"), () => decide(false)),
      ],
      one.state === "confirmed" && [
        button("save", t("held.save"), save),
        button("reported", t("held.report"), reported, "main"),
        one.blocked && button("unblock", t("held.unblock"), unblock),
      ],
    );

  /** @param {HoldView} one */
  const body = (one) => [
    h("p", {}, stateOf(one)),
    listed([
      [t("held.trigger.head"), t(`held.trigger.${one.trigger}`)],
      [t("held.at.head"), moment(one.held_at)],
      [t("held.by"), nameOf(one.held_by)],
      one.decided_at && [t("decided.at"), moment(one.decided_at)],
      one.decided_by && [t("decided.by"), nameOf(one.decided_by)],
      one.retain_until && [t("held.retain_until"), moment(one.retain_until)],
    ]),
    actions(one),
    one.state === "confirmed" &&
      h(
        "section",
        { class: "card" },
        h("h2", {}, t("held.reports")),
        table(
          t("held.reports"),
          [t("held.authority"), t("held.reference"), t("held.reported_at")],
          one.reports.map(({ authority, reference, reported_at }) => [authority, reference, moment(reported_at)]),
        ),
      ),
    h("h2", {}, t("case.photos")),
    h("ul", { class: "held" }, one.held.map(photo)),
  ];

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    const title = t("held.job", short(id));
    page.show(
      [
        h(
          "div",
          { class: "row head" },
          h("h1", { id: "title", tabindex: "-1" }, title),
          h("a", { href: "#/holds", id: "back" }, t("held.back")),
        ),
        failure && h("p", { class: "note bad" }, failure),
        known ? body(known) : !failure && h("p", { class: "faint" }, t("loading")),
      ],
      { arrive, title },
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
