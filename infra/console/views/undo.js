/** The last decision, with the time that is left to take it back. It stays while the next case opens. */

import { now } from "../api.js";
import { byId, h, replace, say } from "../dom.js";
import { t } from "../words.js";

/**
 * @import { RequestError } from "../api.js"
 *
 * @param {object} given
 * @param {(review: string) => Promise<unknown>} given.undo
 * @param {(review: string) => void} given.back the case is this moderator's again
 * @param {(error: RequestError) => void} given.failed
 */
export function undoBar({ undo, back, failed }) {
  const place = byId("undo");
  /** @type {{review: string, words: string, until: number} | null} */
  let last = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  let busy = false;

  const left = () => Math.max(0, Math.ceil(((last?.until ?? 0) - now()) / 1000));

  function clear() {
    clearInterval(timer);
    last = null;
    replace(place, null);
  }

  function tick() {
    if (!left()) return clear();
    const seconds = place.querySelector("b");
    if (seconds) seconds.textContent = t("undo.seconds", left());
  }

  function draw() {
    if (!last) return;
    replace(
      place,
      h(
        "section",
        { class: "undo card", "aria-label": t("undo") },
        h("span", {}, last.words),
        h(
          "button",
          { class: "button", id: "undo-now", onclick: take },
          t("undo"),
          " ",
          h("kbd", { "aria-hidden": "true" }, "z"),
        ),
        h("b", { class: "figures faint", "aria-hidden": "true" }, t("undo.seconds", left())),
      ),
    );
  }

  async function take() {
    if (!last || busy) return;
    const { review } = last;
    busy = true;
    try {
      await undo(review);
      clear();
      back(review);
    } catch (error) {
      if (error.kind === "CaseDecided") {
        clear();
        say(t("undo.late"), true);
      } else failed(error);
    } finally {
      busy = false;
    }
  }

  return {
    /** `until`: ISO moment at which the decision of `review` takes effect. @param {string} review @param {string} words @param {string} until */
    show(review, words, until) {
      clear();
      last = { review, words, until: Date.parse(until) };
      say(t("undo.said", words));
      draw();
      timer = setInterval(tick, 500);
    },
    now: take,
    draw,
    clear,
  };
}
