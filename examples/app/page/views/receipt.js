/** Receipts of deletions, as a person reads them. The backend has verified the signature. */

import { call, saveBlob } from "../api.js";
import { button, h, icon } from "../dom.js";
import { moment, t } from "../words.js";

/** The receipt of one job. */
export async function receipt(page, id) {
  const { claims, jws } = await call("GET", `jobs/${id}/receipt`);
  const left = claims.checked.reduce((sum, { left }) => sum + left, 0);
  page.show(
    t("receipt"),
    [
      h("p", {}, h("a", { class: "back", href: `#/job/${id}` }, icon("back"), t("back"))),
      card(
        t("receipt"),
        t("receipt.lead"),
        [
          [t("receipt.deleted"), t("receipt.files", claims.objects.length)],
          [t("receipt.checked"), t("receipt.left", left, claims.checked.length)],
          [t("receipt.when"), moment(claims.issued_at)],
          [t("receipt.signed"), t("receipt.genuine", claims.issuer)],
        ],
        jws,
      ),
    ],
    { arrive: true },
  );
}

/** After "delete all of me", when the session knows only the erasure; null while it runs. */
export async function erased() {
  const { claims, jws, state } = await call("GET", "erasure");
  if (state !== "done") return null;
  return card(
    t("erasure"),
    t("erasure.lead"),
    [
      [t("erasure.jobs"), claims.jobs],
      [t("receipt.deleted"), t("receipt.files", claims.objects)],
      [t("erasure.retained"), t("erasure.hash")],
      [t("receipt.when"), moment(claims.finished_at)],
      [t("receipt.signed"), t("receipt.genuine", claims.issuer)],
    ],
    jws,
  );
}

const card = (title, lead, rows, jws) =>
  h(
    "section",
    { class: "card receipt" },
    h("span", { class: "seal" }, icon("shield")),
    h("h1", { tabindex: -1 }, title),
    h("p", {}, lead),
    h(
      "dl",
      {},
      rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value)))),
    ),
    button(t("receipt.save"), {
      onclick: () => saveBlob(new Blob([jws], { type: "application/jose" }), "receipt.jws"),
    }),
    h("p", { class: "faint" }, t("receipt.help")),
  );
