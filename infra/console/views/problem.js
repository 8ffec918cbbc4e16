/** What went wrong, in the reader's words: what is known by its status, else what the desk said. */

import { t } from "../words.js";

export function problemWords(problem) {
  const { status } = problem;
  if (status === undefined) throw problem; // a fault of this page: never hidden
  if (status === 0) return t("problem.none");
  if (status === 401) return t("sign_in.over");
  if ([403, 404, 409, 429].includes(status)) return t(`problem.${status}`);
  return t("problem.other", status);
}
