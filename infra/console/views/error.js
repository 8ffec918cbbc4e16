/** The text for a failed request, by its kind, else by its status. */

import { named, t } from "../words.js";

/** @import { RequestError } from "../api.js" */

/** @param {RequestError} error @returns {string} */
export function errorText(error) {
  const { status, kind } = error;
  if (status === undefined) throw error; // a bug in the page: never hidden
  if (status === 0) return t("error.none");
  if (status === 401) return t("sign_in.over");
  const words = kind && named("error", kind);
  if (words && words !== kind) return words;
  if ([403, 404, 409, 429].includes(status)) return t(`error.${status}`);
  return t("error.other", status);
}
