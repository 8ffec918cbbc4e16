/** The page: session, current view, header and routing. */

import { desk } from "./api.js";
import { h, replace, say } from "./dom.js";
import { areOn, bindPage, bindView } from "./keys.js";
import { configure, forgot, me, reset, signIn, signOut, token } from "./session.js";
import { caseView } from "./views/case.js";
import { exposure, exposureNote } from "./views/exposure.js";
import { help } from "./views/help.js";
import { errorText } from "./views/error.js";
import { queueView } from "./views/queue.js";
import { signInView } from "./views/sign_in.js";
import { statsView } from "./views/stats.js";
import { LANGUAGES, language, speak, t } from "./words.js";

const top = document.getElementById("top");
const main = document.getElementById("main");

let shown = null; // the current view: {name, draw, end}
let seen = null; // today's exposure, from the last response
let over = false; // signed out because the session ended

const page = {
  desk: desk({ token, expired }),
  me,
  main,
  /** Show a view's content. On arrival the heading (id "title") gets the focus. */
  show(children, { arrive = false, title } = {}) {
    replace(main, children);
    if (title) document.title = `${title} · Likeness`;
    if (arrive) heading();
  },
  go: (place) => (location.hash = place),
  expose(exposed) {
    seen = exposed;
    drawTop();
  },
  /** Announce an error; returns its text. */
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

function open(view, name) {
  shown?.end?.();
  bindView([]);
  shown = { name, ...view };
  drawTop();
  shown.draw({ arrive: true });
}

function route() {
  if (!me()) return open(signInView(page, { signIn, forgot, reset, over, done: entered }), "sign_in");
  const [, name, id] = location.hash.split("/");
  if (name === "case" && id) return open(caseView(page, decodeURIComponent(id)), "case");
  if (name === "stats") return open(statsView(page), "stats");
  return open(queueView(page), "queue");
}

function entered() {
  over = false;
  say(t("sign_in.welcome", me().name));
  route();
}

async function leave() {
  seen = null;
  const gone = signOut();
  route();
  await gone;
}

function expired() {
  if (!me()) return;
  over = true;
  leave();
}

function link(place, name) {
  const here = shown?.name === name;
  return h("a", { href: `#/${place}`, id: `to-${name}`, "aria-current": here ? "page" : null }, t(`nav.${name}`));
}

function languages() {
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

function drawTop() {
  const who = me();
  replace(top, [
    h("p", { class: "brand" }, h("strong", {}, "Likeness"), " ", t("app")),
    who && h("nav", { "aria-label": t("nav") }, link("queue", "queue"), link("stats", "stats")),
    h(
      "div",
      { class: "tools" },
      who && seen && exposure(seen),
      languages(),
      who && h("button", { class: "quiet", id: "help", onclick: () => help(page) }, t("keys"), " ", h("kbd", { "aria-hidden": "true" }, "?")),
      who && h("span", { class: "who" }, who.name),
      who && h("button", { class: "quiet", id: "sign-out", onclick: leave }, t("sign_out")),
    ),
    who && seen && exposureNote(seen),
  ]);
}

function drawAll() {
  document.documentElement.lang = language();
  document.getElementById("skip").textContent = t("skip");
  drawTop();
  shown?.draw({});
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // following the link would change the hash, which is the view's address
  heading();
});

bindPage([
  { keys: ["q"], words: "keys.queue", handler: () => me() && page.go("/queue") },
  { keys: ["s"], words: "keys.stats", handler: () => me() && page.go("/stats") },
  { keys: ["?"], words: "keys.help", handler: () => me() && areOn() && help(page) },
]);
addEventListener("hashchange", route);
// A page from the back/forward cache would still show its pictures: reload it.
addEventListener("pageshow", (event) => event.persisted && location.reload());

document.documentElement.lang = language();
document.getElementById("skip").textContent = t("skip");
try {
  await configure();
  route();
} catch (error) {
  drawTop();
  page.show(h("p", { class: "note bad" }, errorText(error)));
}
