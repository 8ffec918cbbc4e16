/** A case's audit log: actor, action and time, and the hash that chains each entry to the next. */

import { h } from "../dom.js";
import { moment } from "../format.js";
import { named, t } from "../words.js";

/** @import { AuditEntryView } from "#api" */

/** @param {string} name @param {{id: string} | null} me */
const actor = (name, me) =>
  name === "system" ? t("audit.system") : name === me?.id ? t("audit.you") : `…${name.slice(-8)}`;

/** @type {Record<string, string>} */
const VALUES = { reason: "reason", severity: "value", kind: "kind", level: "level", queue: "queue.of" };
/** @param {[name: string, value: string]} pair */
const detail = ([name, value]) => `${named("detail", name)} ${VALUES[name] ? named(VALUES[name], value) : value}`;

/** @param {readonly AuditEntryView[]} entries @param {{id: string} | null} me */
export function auditList(entries, me) {
  return h(
    "section",
    { class: "card audit", "aria-labelledby": "history" },
    h("h2", { id: "history", tabindex: "-1" }, t("audit")),
    h("p", { class: "faint" }, t("audit.chain")),
    h(
      "ol",
      {},
      entries.map((one) =>
        h(
          "li",
          {},
          h("time", { datetime: one.at }, moment(one.at)),
          h(
            "span",
            {},
            h("strong", {}, named("action", one.action)),
            " · ",
            actor(one.actor, me),
            ...Object.entries(one.details).map((pair) => ` · ${detail(pair)}`),
          ),
          h("code", { title: one.hash }, `${t("audit.entry", one.chain, one.number)} · ${one.hash.slice(0, 12)}`),
        ),
      ),
    ),
  );
}
