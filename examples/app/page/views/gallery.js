/** The avatars of a completed job, best first. */

import { call, save } from "../api.js";
import { button, confirmed, dialog, h, icon } from "../dom.js";
import { date, said, t } from "../words.js";
import { bar } from "./create.js";
import { fewer, foot, leftOut } from "./ended.js";

const LIKED = new Map(); // job id -> avatar ids, while the page is open

export function gallery(page, job, refresh, redraw) {
  const { job_id, avatars } = job;
  const liked = LIKED.get(job_id) ?? LIKED.set(job_id, new Set()).get(job_id);
  const mine = avatars.filter(({ avatar_id }) => liked.has(avatar_id));
  const toggle = (avatar_id) => {
    if (!liked.delete(avatar_id)) liked.add(avatar_id);
    redraw();
  };
  const keep = async () => {
    const [picks, others] = [mine.map(({ avatar_id }) => avatar_id), avatars.length - mine.length];
    if (!(await confirmed(t("keep", picks.length), t("keep.what", others), t("keep.yes", picks.length), t("back"))))
      return;
    await page.run(async () => {
      await call("POST", `jobs/${job_id}/keep`, { avatars: picks });
      liked.clear();
      await refresh();
    });
  };
  return [
    h("h1", { tabindex: -1 }, t("gallery")),
    h("p", {}, t("gallery.lead")),
    leftOut(job),
    fewer(job),
    h(
      "ul",
      { class: "avatars" },
      avatars.map((avatar, index) => {
        const name = t("avatar", index + 1, said(job.style_names[avatar.style]));
        const like = liked.has(avatar.avatar_id);
        return h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "show",
              id: avatar.avatar_id,
              "aria-label": name,
              onclick: () => open(page, job, avatar, name),
            },
            picture(job_id, avatar, index === 0),
          ),
          index === 0 && avatars.length > 1 && h("span", { class: "best" }, t("gallery.best")),
          h(
            "button",
            {
              type: "button",
              class: "round like",
              id: `like-${avatar.avatar_id}`,
              "aria-pressed": String(like),
              "aria-label": t("gallery.like", name),
              onclick: () => toggle(avatar.avatar_id),
            },
            icon("heart"),
          ),
        );
      }),
    ),
    h("p", { class: "faint" }, job.avatars_expire_at && t("gallery.until", date(job.avatars_expire_at))),
    job.archive &&
      h("p", {}, h("a", { class: "button", href: job.archive, referrerpolicy: "no-referrer" }, t("gallery.all"))),
    foot(page, job, refresh),
    mine.length > 0 && mine.length < avatars.length && bar(t("gallery.liked", mine.length), t("keep.go"), keep),
  ];
}

// A presigned URL is new in each response: the picture stays as long as its element.
const PICTURES = new Map();

function picture(job_id, { avatar_id, webp }, best) {
  const key = `${job_id} ${avatar_id} ${best}`;
  if (!PICTURES.has(key))
    PICTURES.set(key, h("img", { src: best ? large(webp) : small(webp), alt: "", referrerpolicy: "no-referrer" }));
  return PICTURES.get(key);
}

const sizes = (webp) =>
  Object.keys(webp)
    .map(Number)
    .sort((a, b) => a - b);
const small = (webp) => webp[sizes(webp)[0]];
const large = (webp) => webp[sizes(webp).at(-1)];

async function open(page, { job_id }, avatar, name) {
  const setPicture = () =>
    page.run(async () => {
      await call("PUT", "me/picture", { job_id, avatar_id: avatar.avatar_id });
      await page.reload();
    });
  await dialog(
    name,
    [
      h("img", { src: large(avatar.webp), alt: name, referrerpolicy: "no-referrer" }),
      h(
        "p",
        { class: "faint" },
        avatar.likeness === null ? t("avatar.no_likeness") : t("avatar.likeness", avatar.likeness),
      ),
    ],
    [
      h("button", { class: "main", id: "set-picture", onclick: setPicture }, t("avatar.set")),
      button(t("avatar.download"), {
        onclick: () => page.run(() => save(avatar.png, `marigold-${avatar.avatar_id}.png`)),
      }),
      h("button", { class: "plain" }, t("close")),
    ],
    "avatar",
  );
}
