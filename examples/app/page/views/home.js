/** Today, and the jobs so far. */

import { h, icon } from "../dom.js";
import { clock, date, t, weekday } from "../words.js";

const ENDED = ["completed", "refused", "cancelled", "expired", "failed"];

export async function home(page) {
  let arrive = true;
  const view = {
    async refresh() {
      await page.reload();
      const { name, quota, jobs } = page.me;
      page.show(
        t("home"),
        [
          h("h1", { tabindex: -1 }, t("home.hello", name)),
          today(quota, jobs),
          h("h2", {}, t("home.history")),
          jobs.length ? h("ul", { class: "jobs" }, jobs.map(entry)) : h("p", { class: "faint" }, t("home.none")),
        ],
        { arrive },
      );
      arrive = false;
    },
  };
  await view.refresh();
  return view;
}

/** One card: what the user can do now. */
function today(quota, jobs) {
  const current = jobs.find((one) => !ENDED.includes(one.state));
  const card = (title, text, place, label) =>
    h(
      "section",
      { class: "card today" },
      h("h2", {}, title),
      h("p", {}, text),
      place && h("a", { class: "button main", href: place }, label),
    );
  if (current) return card(t("today.running"), t(`state.${current.state}`), `#/job/${current.job_id}`, t("today.open"));
  if (quota.left === 0) return card(t("today.used"), t("today.next", weekday(quota.next_day_begins_at)));
  return card(t("today.free"), t("today.lead"), "#/new", t("today.start"));
}

function entry(one) {
  const state = one.avatars_deleted_at ? "deleted" : one.state;
  const text = state === "completed" ? t("home.avatars", one.avatars_shown) : t(`state.${state}`);
  return h(
    "li",
    {},
    h(
      "a",
      { href: `#/job/${one.job_id}` },
      one.thumbnail
        ? h("img", { src: one.thumbnail, alt: "", loading: "lazy" })
        : h("span", { class: "blank" }, icon(one.state === "completed" ? "photo" : "cross")),
      h("span", {}, h("strong", {}, text), h("small", {}, `${date(one.created_at)}, ${clock(one.created_at)}`)),
    ),
  );
}
