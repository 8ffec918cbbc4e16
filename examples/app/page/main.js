/** The page: who is signed in, the current view, and what changes while it is open. */

import { call, Failed } from "./api.js";
import { button, h, icon, replace, say } from "./dom.js";
import { account } from "./views/account.js";
import { create } from "./views/create.js";
import { home } from "./views/home.js";
import { job } from "./views/job.js";
import { signIn } from "./views/sign_in.js";
import { errorText, language, LANGUAGES, speak, t } from "./words.js";

const VIEWS = { "": home, new: create, job, account };
const main = document.getElementById("main");
let view = {}; // {refresh?, end?} of the view that is shown
let updates = null;

const page = {
  me: null,
  /** Show a view. The new heading gets the focus if `arrive`: a screen reader then reads it. */
  show(title, children, { arrive = false } = {}) {
    document.title = `${title} · Marigold`;
    replace(main, children);
    if (!arrive) return;
    scrollTo(0, 0);
    (main.querySelector("h1") ?? main).focus({ preventScroll: true });
  },
  go(place) {
    if (location.hash === place) route();
    else location.hash = place;
  },
  /** Read the session again: name, picture, quota day, jobs. */
  async reload() {
    page.me = await call("GET", "me");
    header();
  },
  /** Run what a button does. An error is shown above the view and announced. */
  async run(work) {
    document.getElementById("failed")?.remove();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      if (error.status === 401) return page.leave();
      const text = errorText(error);
      main.prepend(h("p", { id: "failed", class: "note bad" }, text));
      say(text);
      scrollTo(0, 0);
    }
  },
  async enter() {
    await page.reload();
    if (page.me.name && !updates) {
      updates = new EventSource("/api/updates"); // the backend writes a line when a webhook arrives
      updates.onmessage = () => view.refresh && page.run(view.refresh);
    }
  },
  leave() {
    updates?.close();
    updates = null;
    page.me = { name: null };
    header();
    page.go("#/");
  },
};

async function route() {
  view.end?.();
  view = {};
  const [name, ...rest] = location.hash.slice(2).split("/");
  const found = page.me.name ? (VIEWS[name] ?? home) : signIn;
  await page.run(async () => {
    const shown = await found(page, ...rest);
    view = shown ?? {};
  });
}

function header() {
  const { name, picture } = page.me ?? {};
  replace(
    document.getElementById("top"),
    h("a", { class: "brand", href: "#/" }, h("img", { src: "icon.svg", alt: "", width: 28, height: 28 }), "Marigold"),
    name
      ? h(
          "a",
          { class: "face", href: "#/account", "aria-label": t("account.open", name) },
          picture ? h("img", { src: `/api/me/picture?${picture}`, alt: "" }) : name[0].toUpperCase(),
        )
      : h(
          "div",
          { class: "languages" },
          Object.entries(LANGUAGES).map(([code, words]) =>
            button(words, { lang: code, "aria-pressed": String(code === language), onclick: () => speak(code) }),
          ),
        ),
  );
}

document.documentElement.lang = language;
const skip = document.getElementById("skip");
skip.textContent = t("skip");
skip.addEventListener("click", (event) => {
  event.preventDefault(); // the hash is the view's address
  main.focus();
});
addEventListener("hashchange", route);
addEventListener("pageshow", (event) => event.persisted && location.reload());

await page.run(page.enter);
if (page.me) await route();
else page.show("Marigold", [h("p", { class: "note bad" }, icon("cross"), t("error.Offline"))]);
