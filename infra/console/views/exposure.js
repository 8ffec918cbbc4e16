/** Pictures revealed today, and the warning before the budget is used up. */

import { h } from "../dom.js";
import { moment } from "../format.js";
import { t } from "../words.js";

/** @import { ExposureView } from "#api" */

/** @param {ExposureView} seen */
export function exposure({ used, limit, state }) {
  return h(
    "span",
    { class: `exposure ${state}` },
    h("span", { id: "exposure-name" }, t("exposure")),
    h("meter", { min: 0, max: limit, high: limit * 0.8, optimum: 0, value: used, "aria-labelledby": "exposure-name" }),
    h("span", { class: "figures" }, t("exposure.of", used, limit)),
  );
}

/** @param {ExposureView} seen */
export function exposureNote({ used, limit, state, ends_at }) {
  if (state === "ok") return null;
  const words =
    state === "warned" ? t("exposure.warned", limit - used) : t("exposure.used_up", ends_at ? moment(ends_at) : "");
  return h("p", { class: `note ${state === "warned" ? "warn" : "bad"}`, id: "exposure-note" }, words);
}
