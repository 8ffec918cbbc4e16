/** The photos of a case: thumbnails to choose from, and the current one. */

import { h, svg } from "../dom.js";
import { named, t } from "../words.js";

/**
 * @import { Box, CasePhoto, RevealLevel } from "#api"
 *
 * @typedef {{url: string, level: RevealLevel}} Shown a revealed picture
 */

/**
 * All photos as blurred copies; only the stage shows a clear picture.
 * @param {readonly CasePhoto[]} photos
 * @param {object} given
 * @param {number} given.at
 * @param {number | null} given.pinned
 * @param {Map<string, string>} given.refusals
 * @param {Map<string, Shown>} given.clear
 * @param {(index: number) => void} given.select
 */
export function filmstrip(photos, { at, pinned, refusals, clear, select }) {
  return h(
    "ul",
    { class: "film" },
    photos.map((photo, index) => {
      const reason = refusals.get(photo.photo_id);
      const words = [
        t("case.photo", index + 1, photos.length),
        t(photo.flagged ? "case.flagged" : "case.compare"),
        reason && `${t("case.refusal")}: ${named("reason", reason)}`,
        clear.has(photo.photo_id) && t(`level.${clear.get(photo.photo_id)?.level}`),
        index === pinned && t("compare.pinned"),
      ];
      return h(
        "li",
        {},
        h(
          "button",
          {
            id: `film-${photo.photo_id}`,
            class: `${photo.flagged ? "flagged" : ""} ${reason ? "refused" : ""}`,
            "aria-label": words.filter(Boolean).join(", "),
            "aria-pressed": String(index === at),
            onclick: () => select(index),
          },
          photo.preview
            ? h("img", { src: photo.preview, alt: "", draggable: "false" })
            : h("span", { class: "none" }, "–"),
          h("span", { class: "number", "aria-hidden": "true" }, String(index + 1)),
          reason && h("span", { class: "cross", "aria-hidden": "true" }, "✕"),
          clear.has(photo.photo_id) && h("span", { class: "seen", "aria-hidden": "true" }, "✓"),
        ),
      );
    }),
  );
}

/** @type {Map<string, HTMLImageElement>} */
const images = new Map(); // url -> image: a redraw must not fetch the picture again

/** Remove the clear pictures from the page and from memory. */
export function dropPictures() {
  for (const image of images.values()) image.removeAttribute("src");
  images.clear();
}

/** The revealed picture. A presigned URL expires after a minute; the response is no-store. @param {Shown} shown @param {string} alt @param {() => void} gone */
function picture({ url }, alt, gone) {
  if (!images.has(url)) {
    const image = h("img", {
      alt,
      src: url,
      class: "clear",
      draggable: "false",
      referrerpolicy: "no-referrer",
      oncontextmenu: (event) => event.preventDefault(),
    });
    image.addEventListener("error", () => images.delete(url) && gone());
    images.set(url, image);
  }
  const image = /** @type {HTMLImageElement} */ (images.get(url));
  image.alt = alt;
  return image;
}

/**
 * @param {CasePhoto} photo
 * @param {object} given
 * @param {"current" | "pinned"} given.side pinned: to compare with
 * @param {number} given.number
 * @param {number} given.total
 * @param {Shown | undefined} given.shown
 * @param {boolean} given.boxes
 * @param {number} given.zoom
 * @param {() => void} given.gone
 */
export function stage(photo, { side, number, total, shown, boxes, zoom, gone }) {
  const state = t(shown ? `level.${shown.level}` : photo.preview ? "case.blurred" : "case.gone");
  const what = `${t("case.photo", number, total)}, ${state}`;
  const { width, height } = photo;
  const frame = h(
    "div",
    { class: "frame" },
    shown
      ? picture(shown, what, gone)
      : photo.preview
        ? h("img", { src: photo.preview, alt: what, draggable: "false" })
        : h("p", { class: "none" }, t("case.gone")),
    boxes && photo.face && (shown || photo.preview) && overlay(photo.face),
  );
  if (width && height) {
    frame.style.aspectRatio = `${width} / ${height}`;
    frame.style.setProperty("--ratio", String(width / height));
  }
  frame.style.setProperty("--zoom", String(zoom));
  return h(
    "figure",
    { class: `stage ${side}` },
    h(
      "figcaption",
      {},
      h("strong", {}, t("case.photo", number, total)),
      " · ",
      state,
      side === "pinned" && h("span", { class: "tag" }, t("compare.pinned")),
    ),
    h(
      "div",
      {
        class: "window",
        tabindex: zoom > 1 ? "0" : null,
        role: zoom > 1 ? "region" : null,
        "aria-label": zoom > 1 ? what : null,
      },
      frame,
    ),
  );
}

/** @param {number} ratio */
const part = (ratio) => `${(ratio * 100).toFixed(2)}%`;

/** Boxes over the picture, as ratios of its size, so that they fit every size. @param {Box} face */
function overlay(face) {
  const box = { x: part(face.left), y: part(face.top), width: part(face.width), height: part(face.height) };
  return svg(
    "svg",
    { class: "boxes", role: "img", "aria-label": t("case.face") },
    svg("rect", { ...box, class: "under" }),
    svg("rect", box),
    svg("text", { x: part(face.left), y: part(face.top), dy: "-0.4em" }, t("case.face")),
  );
}
