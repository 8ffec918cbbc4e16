/** A job that ended without avatars: why, and what the user can do. And what is at the foot of each ended job. */

import { call, upload } from "../api.js";
import { button, confirmed, h, icon } from "../dom.js";
import { date, moment, said, t } from "../words.js";

export function ended(page, job, refresh) {
  const { state, reason } = job;
  const free = job.quota.left > 0;
  return [
    h("h1", { tabindex: -1 }, t(`ended.${state}`)),
    reason && !job.statement && h("p", { class: "card" }, said(reason.hint)),
    job.statement && statement(page, job, refresh),
    free && h("p", {}, h("a", { class: "button main", href: "#/new" }, t("ended.again"))),
    foot(page, job, refresh),
  ];
}

/** Photos that the avatars were made without, and why. */
export const leftOut = (job) => [
  job.photos
    .filter(({ state }) => state === "left_out")
    .map(({ problem }) => h("p", { class: "note" }, said(problem.hint))),
];

/** What the job does not deliver: because many wait, or because a style was switched off since. */
export const fewer = ({ avatars_asked, avatars_planned, styles_off, style_names }) => [
  styles_off.map((style) => h("p", { class: "note" }, t("style.off", said(style_names[style]) || style))),
  !styles_off.length &&
    avatars_planned < avatars_asked &&
    h("p", { class: "note" }, t("avatars.fewer", avatars_planned)),
];

/** The statement of reasons of a refusal, and its appeal. */
export function statement(page, job, refresh) {
  const { decision, grounds, how_to_appeal, appeal_until, automated_decision, appeal, issued_at } = job.statement;
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t("statement")),
    h("p", {}, said(decision)),
    h(
      "ul",
      { class: "grounds" },
      grounds.map(({ photo_id, hint }) =>
        h("li", {}, h("strong", {}, t("photo", Number(photo_id.slice(1)))), " ", said(hint)),
      ),
    ),
    h(
      "p",
      { class: "faint" },
      `${t(automated_decision ? "statement.automatic" : "statement.person")} ${moment(issued_at)}`,
    ),
    h("h2", {}, t("appeal")),
    appeal ? running(page, job, appeal, refresh) : contest(page, job, said(how_to_appeal), appeal_until, refresh),
  );
}

function contest(page, job, how, until, refresh) {
  if (Date.parse(until) < Date.now()) return h("p", {}, t("appeal.over"));
  const open = () =>
    page.run(async () => {
      await call("POST", `jobs/${job.job_id}/appeal`);
      await refresh();
    });
  return [
    h("p", {}, how),
    h("p", { class: "faint" }, t("appeal.until", date(until))),
    button(t("appeal.start"), { id: "appeal", class: "main", onclick: open }),
  ];
}

/** The user uploads the contested files again: they were deleted, and the API recognises them. */
function running(page, job, appeal, refresh) {
  const send =
    ({ photo_id }) =>
    ([file]) =>
      file &&
      page.run(async () => {
        const { uploads } = await call("POST", `jobs/${job.job_id}/appeal`); // repeated: new presigned POSTs
        await upload(
          uploads.find((post) => post.photo_id === photo_id),
          file,
        );
        await refresh();
      });
  return [
    h("p", {}, t(`appeal.${appeal.state}`)),
    appeal.photos
      .filter(({ state }) => appeal.state === "open" && state !== "recognised")
      .map((photo) => {
        const input = h("input", {
          type: "file",
          class: "unseen",
          accept: "image/*,.heic,.heif",
          onchange: (event) => send(photo)([...event.target.files]),
        });
        const number = Number(photo.photo_id.slice(1));
        return [
          photo.state === "another" && h("p", { class: "note bad" }, t("appeal.another", number)),
          h("label", { class: "button" }, icon("photo"), t("appeal.photo", number), input),
        ];
      }),
    appeal.decide_by && h("p", { class: "faint" }, t("appeal.by", moment(appeal.decide_by))),
  ];
}

/** What happened to the photos, and how to delete the rest. */
export function foot(page, job, refresh) {
  const remove = async () => {
    if (!(await confirmed(t("delete"), t("delete.what"), t("delete.yes"), t("back")))) return;
    await page.run(() => call("DELETE", `jobs/${job.job_id}`));
    await page.reload(); // the profile picture may have been one of them
    await refresh();
  };
  return h(
    "section",
    { class: "card foot" },
    h("h2", {}, icon("shield"), t("deletion")),
    h("p", {}, job.photos_deleted_at ? t("deletion.done", moment(job.photos_deleted_at)) : t("deletion.soon")),
    job.deletion === "deleted" && h("p", {}, h("a", { href: `#/job/${job.job_id}/receipt` }, t("deletion.receipt"))),
    job.avatars.length > 0 && button(t("delete"), { id: "delete", class: "plain bad", onclick: remove }),
  );
}
