/** The user's name and picture, the day, Plus, and the end of it all. */

import { call } from "../api.js";
import { button, confirmed, h } from "../dom.js";
import { date, language, LANGUAGES, speak, t, weekday } from "../words.js";

export async function account(page) {
  await page.reload();
  draw(page, true);
  return {
    async refresh() {
      await page.reload();
      draw(page, false);
    },
  };
}

function draw(page, arrive) {
  const leave = async () => {
    await call("DELETE", "session");
    page.leave();
  };
  const { name, picture, quota } = page.me;
  page.show(
    t("account"),
    [
      h("h1", { tabindex: -1 }, t("account")),
      h(
        "p",
        { class: "profile" },
        picture
          ? h("img", { src: `/api/me/picture?${picture}`, alt: t("account.picture") })
          : h("span", { class: "letter", "aria-hidden": "true" }, name[0].toUpperCase()),
        h("strong", {}, name),
      ),
      day(quota),
      plus(page, page.me),
      h(
        "label",
        { class: "row" },
        t("language"),
        h(
          "select",
          { id: "language", onchange: (event) => speak(event.target.value) },
          Object.entries(LANGUAGES).map(([code, words]) =>
            h("option", { value: code, lang: code, selected: code === language }, words),
          ),
        ),
      ),
      h("p", {}, button(t("account.leave"), { id: "sign-out", onclick: () => page.run(leave) })),
      h(
        "section",
        { class: "card" },
        h("h2", {}, t("erase")),
        h("p", {}, t("erase.what")),
        button(t("erase"), { id: "erase", class: "bad", onclick: () => erase(page) }),
      ),
    ],
    { arrive },
  );
}

const day = (quota) =>
  h(
    "section",
    { class: "card" },
    h("h2", {}, t("day")),
    h("p", {}, t("day.left", quota.left, quota.limit)),
    h("p", { class: "faint" }, t("day.next", weekday(quota.next_day_begins_at), quota.time_zone)),
  );

/** What Plus gives, and the example's shop: a real one calls the backend after a payment. */
function plus(page, { quota }) {
  const [lite, more] = ["lite", "plus"].map((name) => quota.tiers.find(({ tier }) => tier === name));
  const gives = [
    more.jobs_a_day > lite.jobs_a_day && t("plus.jobs", more.jobs_a_day),
    more.avatars_a_job > lite.avatars_a_job && t("plus.avatars", more.avatars_a_job),
    more.styles_a_job > lite.styles_a_job && t("plus.styles", more.styles_a_job),
    more.reviewed_first && t("plus.first"),
    more.photos_deleted_within_s === 0 && t("plus.deleted"),
  ];
  const set = (method) => () =>
    page.run(async () => {
      await call(method, "plus");
      await page.reload();
      draw(page, false);
    });
  return h(
    "section",
    { class: "card plus" },
    h("h2", {}, "Marigold Plus"),
    h(
      "ul",
      { class: "tips" },
      gives.filter(Boolean).map((text) => h("li", {}, text)),
    ),
    quota.plus_expires_at && h("p", {}, t("plus.until", date(quota.plus_expires_at))),
    quota.plus_expires_at
      ? button(t("plus.end"), { id: "end-plus", onclick: set("DELETE") })
      : button(t("plus.buy"), { id: "buy-plus", class: "main", onclick: set("PUT") }),
    h("p", { class: "faint" }, t("plus.example")),
  );
}

async function erase(page) {
  if (!(await confirmed(t("erase"), t("erase.sure"), t("erase.yes"), t("back")))) return;
  await page.run(async () => {
    await call("DELETE", "me");
    await page.reload();
    page.go("#/");
  });
}
