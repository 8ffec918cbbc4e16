/** The photos of a case: small ones to choose from, and one to look at. */

import { h, svg } from "../dom.js";
import { named, t } from "../words.js";

/** All photos as their blurred copies; a clear picture is only ever on the stage. */
export function filmstrip(photos, { at, marks, clear, look }) {
  return h(
    "ul",
    { class: "film" },
    photos.map((photo, index) => {
      const marked = marks.get(photo.photo_id);
      const words = [
        t("case.photo", index + 1, photos.length),
        t(photo.flagged ? "case.flagged" : "case.compare"),
        marked && `${t("case.marked")}: ${named("reason", marked)}`,
        clear.has(photo.photo_id) && t("case.clear"),
      ];
      return h(
        "li",
        {},
        h(
          "button",
          {
            id: `film-${photo.photo_id}`,
            class: `${photo.flagged ? "flagged" : ""} ${marked ? "marked" : ""}`,
            "aria-label": words.filter(Boolean).join(", "),
            "aria-pressed": String(index === at),
            onclick: () => look(index),
          },
          photo.preview ? h("img", { src: photo.preview, alt: "", draggable: "false" }) : h("span", { class: "none" }, "–"),
          h("span", { class: "number", "aria-hidden": "true" }, String(index + 1)),
          marked && h("span", { class: "cross", "aria-hidden": "true" }, "✕"),
        ),
      );
    }),
  );
}

let kept = null; // {link, image}: drawing the page again must not fetch a picture again

/** Let go of the picture that is on the stage: nothing holds it any more. */
export function forget() {
  kept?.image.removeAttribute("src");
  kept = null;
}

/** The clear picture's element. The link lives a minute and the answer says no-store. */
function picture(link, alt) {
  if (kept?.link !== link) {
    const image = h("img", { alt, src: link, class: "clear", draggable: "false", referrerpolicy: "no-referrer", oncontextmenu: (event) => event.preventDefault() });
    image.addEventListener("error", () => image.replaceWith(h("p", { class: "note bad" }, t("case.not_shown"))));
    kept = { link, image };
  }
  kept.image.alt = alt;
  return kept.image;
}

export function stage(photo, { number, total, link, boxes, mayReveal, reveal, toggleBoxes }) {
  if (!link) forget();
  const what = `${t("case.photo", number, total)}, ${t(link ? "case.clear" : "case.blurred")}`;
  const { width, height } = photo;
  const frame = h(
    "div",
    { class: "frame" },
    link ? picture(link, what) : photo.preview ? h("img", { src: photo.preview, alt: what, draggable: "false" }) : h("p", { class: "none" }, t("case.gone")),
    boxes && photo.face && (link || photo.preview) && overlay(photo.face),
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
      h("span", {}, h("strong", {}, t("case.photo", number, total)), " · ", t(link ? "case.clear" : "case.blurred")),
      h(
        "div",
        { class: "row" },
        photo.face && h("button", { class: "button", id: "boxes", "aria-pressed": String(boxes), onclick: toggleBoxes }, t("case.boxes"), " ", h("kbd", { "aria-hidden": "true" }, "b")),
        mayReveal && h("button", { class: "button", id: "reveal", onclick: reveal }, t(link ? "case.hide" : "case.reveal"), " ", h("kbd", { "aria-hidden": "true" }, "r")),
      ),
    ),
    frame,
  );
}

const part = (ratio) => `${(ratio * 100).toFixed(2)}%`;

/** Boxes over the picture, in ratios of it: they fit at every size. */
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
