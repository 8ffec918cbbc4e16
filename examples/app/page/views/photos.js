/** The photos of an open job: each is uploaded, gets its verdict in place, and can be replaced. */

import { call, upload } from "../api.js";
import { h, icon, replace, svg } from "../dom.js";
import { said, t } from "../words.js";
import { bar } from "./create.js";
import { fewer } from "./ended.js";

const LEAST = 3;
const MOST = 10;
// A file chooser on a phone offers HEIC only if it is named.
const KINDS = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"];

// The files, which only this phone has: job id -> photo id -> {frame, failed}. `changed` shows the job again.
const JOBS = new Map();
const known = (id) => JOBS.get(id) ?? JOBS.set(id, { local: new Map(), changed() {} }).get(id);

/** The declared type of a file. Some browsers know none for HEIC; the content decides in any case. */
export const kind = (file) => (KINDS.includes(file.type) ? file.type : "image/heic");

/** Two ways to a photo: the library and the front camera. With `capture` a phone offers only the camera. */
export function picker(pick, replaced = "") {
  const input = (capture) =>
    h("input", {
      type: "file",
      class: "unseen",
      accept: [...KINDS, ".heic", ".heif"].join(),
      multiple: !replaced && !capture,
      capture: capture && "user",
      onchange: (event) => pick([...event.target.files]),
    });
  if (replaced) return h("label", { class: "button small" }, t("photo.replace"), input(false));
  return h(
    "div",
    { class: "pickers" },
    h("label", { class: "button" }, icon("photo"), t("photos.choose"), input(false)),
    h("label", { class: "button" }, icon("camera"), t("photos.take"), input(true)),
  );
}

/** Start to upload a file, with the presigned POST that opened the job or with one more. */
export async function send(job_id, file, given = null) {
  const here = known(job_id);
  const post = given ?? (await call("POST", `jobs/${job_id}/photos`, { content_type: kind(file) }));
  const mine = { frame: preview(file) };
  here.local.set(post.photo_id, mine);
  upload(post, file)
    .catch((error) => (mine.failed = error.kind))
    .finally(() => here.changed());
}

export function openJob(page, job, refresh) {
  const here = known(job.job_id);
  here.changed = refresh;
  const shown = job.photos.filter(({ state }) => state !== "deleted");
  const states = new Map(shown.map((photo) => [photo, stateOf(photo, here.local.get(photo.photo_id))]));
  const inState = (...wanted) => shown.filter((photo) => wanted.includes(states.get(photo)));
  const accepted = inState("accepted").length;
  const busy = inState("awaited", "checking");
  const troubled = inState("refused", "failed"); // first: they need the user
  const add = (files) =>
    page.run(async () => {
      for (const file of files.slice(0, MOST - shown.length)) await send(job.job_id, file); // one by one: each changes the job
      await refresh();
    });
  const remove = ({ photo_id }) =>
    page.run(async () => {
      await call("DELETE", `jobs/${job.job_id}/photos/${photo_id}`);
      await refresh();
    });
  const swap =
    (photo) =>
    async ([file]) => {
      if (!file) return;
      await remove(photo);
      await page.run(() => send(job.job_id, file));
      await refresh();
    };
  const submit = () =>
    page.run(async () => {
      await call("POST", `jobs/${job.job_id}/submit`);
      await refresh();
    });
  const text = busy.length ? t("photos.checking", busy.length) : t("photos.good", accepted, LEAST);
  return [
    h("h1", { tabindex: -1 }, t("photos")),
    h("p", {}, t("photos.lead", LEAST, MOST)),
    fewer(job),
    h(
      "ul",
      { class: "photos" },
      [...troubled, ...shown.filter((photo) => !troubled.includes(photo))].map((photo) =>
        tile(photo, states.get(photo), here.local.get(photo.photo_id), shown, swap(photo), () => remove(photo)),
      ),
    ),
    shown.length < MOST && picker(add),
    bar(text, t("photos.go"), !busy.length && accepted >= LEAST && submit),
  ];
}

/** "failed": the upload did not arrive, or the page was loaded again before it did. */
const stateOf = ({ state }, mine) => (state === "awaited" && (!mine || mine.failed) ? "failed" : state);

/** One photo with its verdict. */
function tile(photo, state, mine, all, swap, remove) {
  const bad = state === "refused" || state === "failed";
  const busy = state === "awaited" || state === "checking";
  const name = t("photo", all.indexOf(photo) + 1);
  const other = photo.duplicate_of && all.findIndex((one) => one.photo_id === photo.duplicate_of) + 1;
  const hint = photo.problem
    ? said(photo.problem.hint)
    : t(mine?.failed === "TooLarge" ? "photo.too_large" : "photo.not_sent");
  mine?.frame.outline(photo.box);
  return h(
    "li",
    { class: state, id: photo.photo_id },
    h(
      "div",
      { class: "picture" },
      h("div", { role: "img", "aria-label": `${name}: ${t(`photo.${state}`)}` }, mine ? mine.frame : icon("photo")),
      h(
        "span",
        { class: "mark", "aria-hidden": "true" },
        busy ? h("span", { class: "spinner" }) : icon(bad ? "alert" : "check"),
      ),
      !busy &&
        h(
          "button",
          { type: "button", class: "round", "aria-label": t("photo.remove", name), onclick: remove },
          icon("cross"),
        ),
    ),
    bad &&
      h(
        "div",
        {},
        h("strong", {}, t(`photo.${state}`)),
        h("p", {}, hint, other ? ` ${t("photo.same", other)}` : ""),
        picker(swap, photo.photo_id),
      ),
  );
}

/** The file on this phone, made once so that it does not flicker. A browser that shows no HEIC shows a drawing. */
function preview(file) {
  const image = h("img", { src: URL.createObjectURL(file), alt: "" });
  const frame = h("span", { class: "frame" }, image);
  let box = null;
  frame.outline = (wanted) => {
    box = wanted;
    if (box && image.naturalWidth) replace(frame, image, outline(box, image.naturalWidth, image.naturalHeight));
  };
  image.addEventListener("load", () => frame.outline(box));
  image.addEventListener("error", () => replace(frame, icon("photo")));
  return frame;
}

/** The box, in pixels of the photo. A photo with one is shown whole, and `meet` places this drawing as `contain` does. */
function outline(box, width, height) {
  const part = {
    x: box.left * width,
    y: box.top * height,
    width: box.width * width,
    height: box.height * height,
    rx: box.width * width * 0.08,
  };
  return svg(
    "svg",
    { class: "box", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "xMidYMid meet" },
    svg("rect", { ...part, class: "under" }),
    svg("rect", part),
  );
}
