/** The queue, most severe first. It refreshes itself and keeps the focus. */

import { h, say } from "../dom.js";
import { relative, short } from "../format.js";
import { bindView } from "../keys.js";
import { named, t } from "../words.js";

const FRESH = 15_000; // ms
const LESS = new Set(["photos", "opened"]); // hidden on narrow screens
const SOON = 3_600_000; // ms before its deadline a case is shown as due soon

export function queueView(page) {
  let cases = null;
  let next = null;
  let failure = "";
  let ended = false;
  let timer = 0;

  async function load({ aloud = false } = {}) {
    clearTimeout(timer);
    try {
      const wanted = cases?.length ?? 0;
      let response = await page.desk.list();
      const found = [...response.reviews];
      while (response.next && found.length < wanted) {
        response = await page.desk.list(response.next);
        found.push(...response.reviews);
      }
      if (ended) return;
      [cases, next, failure] = [found, response.next, ""];
      page.expose(response.exposure);
      if (aloud) say(counted());
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    draw({});
    timer = setTimeout(load, FRESH);
  }

  async function more() {
    const before = cases.length;
    try {
      const response = await page.desk.list(next);
      cases = [...cases, ...response.reviews];
      next = response.next;
    } catch (error) {
      failure = page.failed(error);
    }
    draw({});
    page.main.querySelectorAll("tbody a")[before]?.focus();
  }

  function counted() {
    if (!cases.length && !next) return t("queue.empty");
    return next ? t("queue.more_count", cases.length) : t("queue.count", cases.length);
  }

  const free = () => cases?.find((one) => !one.lease || one.lease.yours);

  function openNext() {
    const one = free();
    if (one) page.go(`/case/${one.review_id}`);
    else say(cases?.length ? t("queue.none_free") : t("queue.empty"), true);
  }

  function step(key) {
    const links = [...page.main.querySelectorAll("tbody a")];
    const at = links.indexOf(document.activeElement);
    const to = key === "j" || key === "ArrowDown" ? at + 1 : Math.max(0, at - 1);
    links[Math.min(to, links.length - 1)]?.focus();
  }

  const state = ({ lease }) => (lease ? (lease.yours ? "yours" : "taken") : "free");

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
        h("time", { datetime: one.decide_by, class: Date.parse(one.decide_by) - Date.now() < SOON ? "soon" : null }, relative(one.decide_by)),
      ),
      h("td", {}, h("span", { class: `lease ${state(one)}` }, t(`queue.${state(one)}`))),
    );

  const columns = ["severity", "case", "reasons", "photos", "opened", "left", "state"];

  function draw({ arrive }) {
    bindView([
      { keys: ["n"], words: "keys.next", handler: openNext },
      { keys: ["j", "k", "ArrowDown", "ArrowUp"], words: "keys.move", handler: step },
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
            h("button", { class: "button", id: "refresh", onclick: () => load({ aloud: true }) }, t("queue.refresh"), " ", h("kbd", { "aria-hidden": "true" }, "u")),
            h("button", { class: "button main", id: "next", onclick: openNext }, t("queue.open_next"), " ", h("kbd", { "aria-hidden": "true" }, "n")),
          ),
        ),
        failure && h("p", { class: "note bad" }, failure),
        cases?.length
          ? h(
              "div",
              { class: "card flush scroll", role: "region", "aria-label": t("queue.table"), id: "queue", tabindex: "0" },
              h(
                "table",
                { class: "queue" },
                h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col", class: LESS.has(name) ? "less" : null }, t(`queue.${name}`))))),
                h("tbody", {}, cases.map(row)),
              ),
            )
          : cases && h("p", { class: "card empty" }, t("queue.empty")),
        next && h("button", { class: "button", id: "more", onclick: more }, t("queue.more")),
      ],
      { arrive, title: t("queue") },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (!cases) load({ aloud: true });
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
