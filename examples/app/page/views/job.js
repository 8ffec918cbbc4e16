/** One job, whatever state it is in. */

import { call } from "../api.js";
import { button, confirmed, h, say } from "../dom.js";
import { duration, moment, said, t } from "../words.js";
import { ended, fewer } from "./ended.js";
import { gallery } from "./gallery.js";
import { openJob } from "./photos.js";
import { receipt } from "./receipt.js";

const RUNNING = ["moderating", "in_review", "generating", "finishing", "cancelling"];

export async function job(page, id, part) {
  if (part === "receipt") return receipt(page, id);
  let found = null;
  let arrived = null; // the state whose screen was announced
  let latest = 0; // of two responses that overtake each other, the later request's counts
  let timer = null;
  const refresh = () => page.run(view.refresh);
  const redraw = () => {
    const [title, children] = screen(page, found, { refresh, redraw });
    page.show(title, children, { arrive: found.state !== arrived });
    arrived = found.state;
  };
  const view = {
    async refresh() {
      clearTimeout(timer);
      latest += 1;
      const mine = latest;
      const read = await call("GET", `jobs/${id}`).catch((error) => {
        timer = setTimeout(refresh, 10_000);
        throw error;
      });
      if (mine !== latest) return;
      found = read;
      clearTimeout(timer);
      if (found.poll_after_s) timer = setTimeout(refresh, 1000 * found.poll_after_s); // if a webhook is lost
      redraw();
    },
    end() {
      latest = Infinity;
      clearTimeout(timer);
    },
  };
  await view.refresh();
  return view;
}

function screen(page, found, { refresh, redraw }) {
  if (found.state === "open") return [t("photos"), [openJob(page, found, refresh), cancel(page, found, refresh)]];
  if (RUNNING.includes(found.state))
    return [t("running"), [progress(found), found.state !== "cancelling" && cancel(page, found, refresh)]];
  if (found.state === "completed" && found.avatars.length) return [t("gallery"), gallery(page, found, refresh, redraw)];
  return [t("ended"), ended(page, found, refresh)];
}

function progress(job) {
  const { state, progress, photos } = job;
  const { done = 0, total = 0, estimate, waiting_for, ends_by } = progress ?? {};
  const drawing = state === "generating" && done > 0;
  const text = drawing ? t("running.drawn", done, total) : t(`state.${state}`);
  const left = photos.filter((photo) => photo.state === "left_out");
  say(text);
  return [
    h("h1", { tabindex: -1 }, t("running")),
    h(
      "section",
      { class: "card running" },
      h(
        "div",
        { class: "petals", "aria-hidden": "true" },
        Array.from({ length: 6 }, () => h("span", {})),
      ),
      h("h2", {}, text),
      h("progress", drawing ? { max: total, value: done, "aria-label": t("running") } : { "aria-label": t("running") }),
      h(
        "p",
        { class: "faint" },
        waiting_for
          ? t(`waiting.${waiting_for}`, moment(ends_by))
          : estimate
            ? t("running.left", duration(estimate.p50_s))
            : !drawing && t(`state.${state}.more`),
      ),
    ),
    fewer(job),
    left.map(({ problem }) => h("p", { class: "note" }, said(problem.hint))),
    h("p", { class: "faint" }, t("running.close")),
  ];
}

function cancel(page, found, refresh) {
  const ask = async () => {
    if (!(await confirmed(t("cancel"), t("cancel.what"), t("cancel"), t("back")))) return;
    await page.run(() => call("DELETE", `jobs/${found.job_id}`));
    await refresh();
  };
  return h("p", { class: "end" }, button(t("cancel"), { id: "cancel", class: "plain", onclick: ask }));
}
