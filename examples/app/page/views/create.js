/** A new job: styles, consent, and the first photos. The API opens a job for both together. */

import { call } from "../api.js";
import { button, h, icon, say } from "../dom.js";
import { said, t } from "../words.js";
import { kind, picker, send } from "./photos.js";

const MOST_STYLES = 5;
const LEAST_PHOTOS = 3;
const MOST_PHOTOS = 10;

export async function create(page) {
  const { styles } = await call("GET", "styles");
  const chosen = new Set();
  let agreed = false;

  function drawStyles(arrive) {
    const toggle = (style) => () => {
      if (!chosen.delete(style) && chosen.size < MOST_STYLES) chosen.add(style);
      drawStyles(false);
    };
    page.show(
      t("styles"),
      [
        h("h1", { tabindex: -1 }, t("styles")),
        h("p", {}, t("styles.lead", MOST_STYLES)),
        h(
          "ul",
          { class: "styles" },
          styles.map(({ style, name, description, thumbnail }) =>
            h(
              "li",
              {},
              h(
                "button",
                {
                  type: "button",
                  id: `style-${style}`,
                  "aria-pressed": String(chosen.has(style)),
                  title: said(description),
                  onclick: toggle(style),
                },
                h("img", { src: thumbnail, alt: "", loading: "lazy" }),
                chosen.has(style) && h("span", { class: "mark" }, icon("check")),
                said(name),
              ),
            ),
          ),
        ),
        bar(t("styles.chosen", chosen.size, MOST_STYLES), t("styles.go"), chosen.size > 0 && (() => drawPhotos(true))),
      ],
      { arrive },
    );
  }

  function drawPhotos(arrive) {
    const agree = (event) => {
      agreed = event.target.checked;
      drawPhotos(false);
    };
    const pick = (files) => page.run(() => open(files.slice(0, MOST_PHOTOS)));
    page.show(
      t("photos"),
      [
        h("h1", { tabindex: -1 }, t("photos")),
        h("p", {}, t("photos.lead", LEAST_PHOTOS, MOST_PHOTOS)),
        h(
          "ul",
          { class: "tips" },
          ["face", "light", "different"].map((tip) => h("li", {}, icon("check"), t(`photos.tip.${tip}`))),
        ),
        h(
          "section",
          { class: "card" },
          h("h2", {}, icon("shield"), t("consent")),
          h("p", {}, t("consent.what")),
          h("p", {}, t("consent.deleted")),
          h(
            "label",
            { class: "check" },
            h("input", { id: "agree", type: "checkbox", checked: agreed, onchange: agree }),
            t("consent.agree"),
          ),
        ),
        agreed ? picker(pick) : h("p", { class: "faint" }, t("consent.first")),
      ],
      { arrive },
    );
  }

  async function open(files) {
    if (!files.length) return;
    const { job_id, uploads } = await call("POST", "jobs", {
      styles: [...chosen],
      photos: files.map((file) => ({ content_type: kind(file) })),
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    for (const [index, file] of files.entries()) send(job_id, file, uploads[index]);
    page.go(`#/job/${job_id}`);
  }

  drawStyles(true);
}

/** What follows, at the thumb: a line of text, which is announced when it changes, and one button. */
export function bar(text, label, go) {
  say(text);
  return h(
    "div",
    { class: "bar" },
    h("span", {}, text),
    button(label, { id: "go", class: "main", disabled: !go, onclick: go || null }),
  );
}
