/** The break clock: time of work since the last break, and the break itself. */

import { h } from "../dom.js";
import { IDLE, idleFor } from "../lease.js";
import { t } from "../words.js";

const WORK = 50 * 60_000; // ms of work after which a break is advised: as lessons and shifts have it
const REST = 5 * 60_000; // ms without input that count as a break
const STEP = 15_000;

let worked = 0;

setInterval(() => {
  if (idleFor() > REST) worked = 0;
  else if (idleFor() < IDLE) worked += STEP;
}, STEP);

/** A break begins now. */
const rested = () => (worked = 0);

/** The advice, if it is time. @param {import("../main.js").Page} page */
export function pauseNote(page) {
  if (worked < WORK) return null;
  return h(
    "p",
    { class: "note warn", id: "pause-note" },
    t("pause", Math.round(worked / 60_000)),
    " ",
    h(
      "button",
      {
        class: "quiet",
        onclick: () => {
          rested();
          page.go("/queue");
        },
      },
      t("pause.take"),
    ),
  );
}
