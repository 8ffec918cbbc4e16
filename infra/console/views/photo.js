/** The photos of a case: thumbnails to choose from, and the current one. */

import { h, svg } from "../dom.js";
import { named, t } from "../words.js";

/** All photos as blurred copies; only the stage shows a clear picture. */
export function filmstrip(photos, { at, refusals, clear, select }) {
  return h(
    "ul",
    { class: "film" },
    photos.map((photo, index) => {
      const reason = refusals.get(photo.photo_id);
      const words = [
        t("case.photo", index + 1, photos.length),
        t(photo.flagged ? "case.flagged" : "case.compare"),
        reason && `${t("case.refusal")}: ${named("reason", reason)}`,
        clear.has(photo.photo_id) && t("case.clear"),
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
          photo.preview ? h("img", { src: photo.preview, alt: "", draggable: "false" }) : h("span", { class: "none" }, "–"),
          h("span", { class: "number", "aria-hidden": "true" }, String(index + 1)),
          reason && h("span", { class: "cross", "aria-hidden": "true" }, "✕"),
        ),
      );
    }),
  );
}

let current = null; // {url, image}: a redraw must not fetch the picture again

/** Remove the clear picture from the stage and from memory. */
export function dropPicture() {
  current?.image.removeAttribute("src");
  current = null;
}

/** The clear picture. Its presigned URL expires after a minute; the response is no-store. */
function picture(url, alt) {
  if (current?.url !== url) {
    const image = h("img", { alt, src: url, class: "clear", draggable: "false", referrerpolicy: "no-referrer", oncontextmenu: (event) => event.preventDefault() });
    image.addEventListener("error", () => image.replaceWith(h("p", { class: "note bad" }, t("case.not_shown"))));
    current = { url, image };
  }
  current.image.alt = alt;
  return current.image;
}

export function stage(photo, { number, total, url, boxes, mayReveal, reveal, toggleBoxes }) {
  if (!url) dropPicture();
  const what = `${t("case.photo", number, total)}, ${t(url ? "case.clear" : "case.blurred")}`;
  const { width, height } = photo;
  const frame = h(
    "div",
    { class: "frame" },
    url ? picture(url, what) : photo.preview ? h("img", { src: photo.preview, alt: what, draggable: "false" }) : h("p", { class: "none" }, t("case.gone")),
    boxes && photo.face && (url || photo.preview) && overlay(photo.face),
  );
  if (width && height) {
    frame.style.aspectRatio = `${width} / ${height}`;
    frame.style.setProperty("--ratio", String(width / height));
  }
  return h(
    "figure",
    { class: "stage" },
    h(
      "figcaption",
      { class: "row" },
      h("span", {}, h("strong", {}, t("case.photo", number, total)), " · ", t(url ? "case.clear" : "case.blurred")),
      h(
        "div",
        { class: "row" },
        photo.face && h("button", { class: "button", id: "boxes", "aria-pressed": String(boxes), onclick: toggleBoxes }, t("case.boxes"), " ", h("kbd", { "aria-hidden": "true" }, "b")),
        mayReveal && h("button", { class: "button", id: "reveal", onclick: reveal }, t(url ? "case.hide" : "case.reveal"), " ", h("kbd", { "aria-hidden": "true" }, "r")),
      ),
    ),
    frame,
  );
}

const part = (ratio) => `${(ratio * 100).toFixed(2)}%`;

/** Boxes over the picture, as ratios of its size, so that they fit every size. */
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
