/** The page: session, current view, header, routing, and the decision that can still be undone. */

import { desk } from "./api.js";
import { byId, h, replace, say } from "./dom.js";
import { areOn, bindPage, bindView } from "./keys.js";
import { IDLE, idleFor } from "./lease.js";
import { configure, forgot, me, reset, signIn, signOut, token } from "./session.js";
import { caseView } from "./views/case.js";
import { DECIDED, decidedView } from "./views/decided.js";
import { exposure, exposureNote } from "./views/exposure.js";
import { help } from "./views/help.js";
import { holdsView, holdView } from "./views/holds.js";
import { errorText } from "./views/error.js";
import { FILTERS, nextView } from "./views/next.js";
import { pauseNote } from "./views/pause.js";
import { peopleView } from "./views/people.js";
import { queueView } from "./views/queue.js";
import { reportView, TIME } from "./views/report.js";
import { signInView } from "./views/sign_in.js";
import { statsView } from "./views/stats.js";
import { undoBar } from "./views/undo.js";
import { LANGUAGES, language, speak, t } from "./words.js";

const SIGN_OUT_AFTER = 30 * 60_000; // ms without input
const AWAY = 20_000; // ms without the window's focus, until clear pictures are covered
const LEADS = ["decided", "holds", "people", "report"]; // the views that only leads have
const JOB = /^j[0-9a-f]{32}$/;
const REVIEW = /^[ra][0-9a-f]{32}$/;

const top = byId("top");
const main = byId("main");
const slots = { exposure: h("span", { id: "exposure-slot" }), notes: h("div", { id: "top-notes" }) };

/**
 * @import { ExposureView, GuidelinesView, Reason } from "#api"
 * @import { RequestError } from "./api.js"
 * @import { Child } from "./dom.js"
 * @import { Claimed } from "./views/case.js"
 *
 * @typedef {{arrive?: boolean}} How on arrival the heading gets the focus
 * @typedef {object} View
 * @property {(how: How) => void} draw
 * @property {() => unknown} [end] the page shows another view
 * @property {() => void} [idle] the moderator is absent
 * @property {(review: string) => void} [released] another tab released a case
 * @property {string} [id] of a case
 *
 * @typedef {typeof page} Page
 */

/** @type {(View & {name: string}) | null} */
let shown = null;
/** @type {ExposureView | null} */
let seen = null; // today's exposure, from the last response
let over = false; // signed out because the session ended
/** @type {Map<string, Map<string, Reason>>} */
let drafts = new Map(); // review id -> marks of a case that was left, until the sign-out
/** @type {Promise<GuidelinesView> | null} */
let guidelines = null; // the request for the rules, once a session
/** @type {Promise<Map<string, string>> | null} */
let names = null; // once a session
const tabs = new BroadcastChannel("likeness-review-desk");

const undo = undoBar({
  undo: (review) => page.desk.undo(review),
  back: undone,
  failed: (error) => page.failed(error),
});

const page = {
  desk: desk({ token, expired }),
  /** Views other than the sign-in have a moderator. */
  me: () => /** @type {NonNullable<ReturnType<typeof me>>} */ (me()),
  main,
  tabs,
  /**
   * Show a view's content. On arrival the heading (id "title") gets the focus.
   * @param {Child} children
   * @param {How & {title?: string}} how
   */
  show(children, { arrive = false, title } = {}) {
    replace(main, children);
    if (title) document.title = `${title} · Likeness`;
    if (arrive) heading();
  },
  /** @param {string} place */
  go: (place) => (location.hash = place),
  /** Open a case that this page has claimed already, at its own address. @param {Claimed} found */
  openClaimed(found) {
    history.replaceState(null, "", `#/case/${found.case.review.review_id}`);
    open(caseView(page, found.case.review.review_id, found), "case");
  },
  /** @param {ExposureView} exposed */
  expose(exposed) {
    seen = exposed;
    drawExposure();
  },
  drafts: () => drafts,
  /** @returns {Promise<GuidelinesView>} */
  guidelines: () =>
    (guidelines ??= page.desk.guidelines().catch((error) => {
      guidelines = null;
      throw error;
    })),
  undo,
  namesChanged() {
    names = null;
  },
  /** Names of the accounts by moderator id, for leads; others see none. */
  names: () =>
    (names ??= page.me().lead
      ? page.desk.staff().then(
          ({ staff }) => new Map(staff.map((one) => [one.moderator_id, one.username])),
          () => new Map(),
        )
      : Promise.resolve(new Map())),
  /** Announce an error; returns its text. @param {RequestError} error @returns {string} */
  failed(error) {
    const words = errorText(error);
    say(words, true);
    return words;
  },
};

function heading() {
  (document.getElementById("title") ?? main).focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** @param {View} view @param {string} name */
function open(view, name) {
  shown?.end?.();
  bindView([]);
  shown = { name, ...view };
  drawTop();
  view.draw({ arrive: true });
}

/** The address: #/case/ID, #/next?filters, #/queue?filters, #/stats, and of leads #/people, #/decided?filters, #/holds, #/holds/JOB, #/report?days. Else the queue. */
function route() {
  if (!me()) return open(signInView(page, { signIn, forgot, reset, over, done: entered }), "sign_in");
  const [place, search] = location.hash.split("?");
  const [, name, id] = place.split("/");
  /** @param {string[]} names */
  const only = (names) => Object.fromEntries([...new URLSearchParams(search)].filter(([key]) => names.includes(key)));
  const filters = only(FILTERS);
  if (name === "case" && REVIEW.test(id ?? "")) return open(caseView(page, id), "case");
  if (name === "next") return open(nextView(page, filters), "next");
  if (name === "stats") return open(statsView(page), "stats");
  if (name === "holds" && JOB.test(id ?? "")) return open(holdView(page, id), "holds");
  if (name === "holds") return open(holdsView(page), "holds");
  if (name === "people") return open(peopleView(page), "people");
  if (name === "decided") return open(decidedView(page, only(DECIDED)), "decided");
  if (name === "report") return open(reportView(page, only(TIME)), "report");
  return open(queueView(page, filters), "queue");
}

function entered() {
  over = false;
  say(t("sign_in.welcome", me()?.name));
  route();
}

/** The case goes back to the queue first, while the session can still say so. */
async function leave() {
  await Promise.race([shown?.end?.(), new Promise((done) => setTimeout(done, 2000))]);
  shown = null;
  seen = guidelines = names = null;
  drafts = new Map();
  page.undo.clear();
  const gone = signOut();
  history.replaceState(null, "", "#/queue"); // the next person does not land on this one's case
  route();
  tabs.postMessage({ kind: "left" });
  await gone;
}

function expired() {
  if (!me()) return;
  over = true;
  leave();
}

/** The decision was taken back: the case is this moderator's again. @param {string} review */
function undone(review) {
  page.go(`/case/${review}`);
  if (location.hash === `#/case/${review}` && shown?.id === review) open(caseView(page, review), "case");
  say(t("undo.done"));
}

/** @param {string} name */
function link(name) {
  const here = shown?.name === name;
  return h("a", { href: `#/${name}`, id: `to-${name}`, "aria-current": here ? "page" : null }, t(`nav.${name}`));
}

function languages() {
  /** @param {{target: HTMLSelectElement}} event */
  const change = (event) => {
    speak(event.target.value);
    drawAll();
  };
  return h(
    "label",
    { class: "language" },
    h("span", { class: "unseen" }, t("language")),
    h(
      "select",
      { id: "language", onchange: change },
      Object.entries(LANGUAGES).map(([code, name]) =>
        h("option", { value: code, lang: code, selected: code === language() }, name),
      ),
    ),
  );
}

/** Only this part follows each response: the rest of the header keeps an open list open. */
function drawExposure() {
  replace(slots.exposure, me() && seen ? exposure(seen) : null);
  replace(slots.notes, [me() && seen && exposureNote(seen), me() && pauseNote(page)]);
}

function drawTop() {
  const who = me();
  replace(top, [
    h("p", { class: "brand" }, h("strong", {}, "Likeness"), " ", t("app")),
    who &&
      h(
        "nav",
        { "aria-label": t("nav") },
        ["queue", "stats", ...(who.lead ? LEADS : [])].map((name) => link(name)),
      ),
    h(
      "div",
      { class: "tools" },
      slots.exposure,
      languages(),
      who &&
        h(
          "button",
          { class: "quiet", id: "help", onclick: help },
          t("keys"),
          " ",
          h("kbd", { "aria-hidden": "true" }, "?"),
        ),
      who && h("span", { class: "who" }, who.name),
      who && h("button", { class: "quiet", id: "sign-out", onclick: leave }, t("sign_out")),
    ),
    slots.notes,
  ]);
  drawExposure();
}

function drawAll() {
  document.documentElement.lang = language();
  byId("skip").textContent = t("skip");
  drawTop();
  page.undo.draw();
  shown?.draw({});
}

byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // following the link would change the hash, which is the view's address
  heading();
});

bindPage([
  { keys: ["n"], words: "keys.next", handler: () => me() && page.go("/next") },
  { keys: ["q"], words: "keys.queue", handler: () => me() && page.go("/queue") },
  { keys: ["s"], words: "keys.stats", handler: () => me() && page.go("/stats") },
  { keys: ["z"], words: "keys.undo", handler: () => me() && page.undo.now() },
  { keys: ["?"], words: "keys.help", handler: () => me() && areOn() && help() },
]);
addEventListener("hashchange", route);
// A page from the back/forward cache would still show its pictures: reload it.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// ---- pictures are covered while the page is not looked at; the session of an absent person ends

/** @type {ReturnType<typeof setTimeout> | undefined} */
let blurred;
/** @param {boolean} covered */
const cover = (covered) => document.body.classList.toggle("away", covered);
document.addEventListener("visibilitychange", () => cover(document.hidden));
addEventListener("blur", () => {
  clearTimeout(blurred);
  blurred = setTimeout(() => cover(!document.hasFocus()), AWAY);
});
addEventListener("focus", () => {
  clearTimeout(blurred);
  cover(false);
});
setInterval(() => {
  if (!me()) return;
  if (idleFor() > SIGN_OUT_AFTER) return expired();
  if (idleFor() > IDLE) shown?.idle?.();
  drawExposure();
}, 15_000);
tabs.addEventListener("message", ({ data }) => {
  if (data.kind === "released") shown?.released?.(data.review);
});

document.documentElement.lang = language();
byId("skip").textContent = t("skip");
try {
  await configure();
  route();
} catch (error) {
  drawTop();
  page.show(h("p", { class: "note bad" }, errorText(error)));
}
