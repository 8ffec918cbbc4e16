/** Ask for the next case: the server gives it to this moderator only. */

import { h } from "../dom.js";
import { bindView } from "../keys.js";
import { t } from "../words.js";
import { query } from "../api.js";

/** Which cases are listed and given: names of the API's filters. */
export const FILTERS = ["queue", "severity", "reason"];

/**
 * @import { ClaimNext } from "#api"
 * @import { Filters } from "../api.js"
 * @import { Page, View } from "../main.js"
 */

/** @param {Filters} filters @returns {ClaimNext} */
const wanted = ({ queue, severity, reason }) => ({
  queues: queue ? [queue] : [],
  severities: severity ? [severity] : [],
  reasons: reason ? [reason] : [],
});

/** @param {Page} page @param {Filters} filters @returns {View} */
export function nextView(page, filters) {
  let failure = "";
  let nothing = false;
  let ended = false;

  async function load() {
    try {
      const found = await page.desk.next(wanted(filters));
      if (ended) return;
      page.expose(found.exposure);
      if (found.case && found.lease) return page.openClaimed({ case: found.case, lease: found.lease, filters });
      nothing = true;
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    draw({});
  }

  function again() {
    failure = "";
    nothing = false;
    draw({});
    load();
  }

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    bindView([
      { keys: ["n"], words: "keys.next", handler: again },
      { keys: ["Escape"], words: "keys.leave", handler: () => page.go(`/queue${query(filters)}`) },
    ]);
    page.show(
      [
        h("h1", { id: "title", tabindex: "-1" }, t("next")),
        failure
          ? h("p", { class: "note bad" }, failure)
          : h("p", { class: "card empty", role: "status" }, t(nothing ? "queue.empty" : "loading")),
        (failure || nothing) &&
          h(
            "div",
            { class: "row" },
            h(
              "button",
              { class: "button main", id: "next", onclick: again },
              t("next.again"),
              " ",
              h("kbd", { "aria-hidden": "true" }, "n"),
            ),
            h("a", { href: `#/queue${query(filters)}`, id: "back" }, t("case.back")),
          ),
      ],
      { arrive, title: t("next") },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (how.arrive) load();
    },
    end() {
      ended = true;
    },
  };
}
