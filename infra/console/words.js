/** The page's texts in the reader's language. */

import { de } from "./words/de.js";
import { en } from "./words/en.js";

/** @typedef {string | ((...given: any[]) => string)} Words */

/** @type {Record<string, Record<string, Words>>} */
const BOOKS = { en, de };
let chosen = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in BOOKS) ?? "en";

export const LANGUAGES = { en: "English", de: "Deutsch" };
export const language = () => chosen;
/** @param {string} wanted */
export const speak = (wanted) => (chosen = wanted);

/**
 * The text for a key. A missing key throws, so that tests find it.
 * @param {string} key
 * @param {...unknown} given
 * @returns {string}
 */
export function t(key, ...given) {
  const found = BOOKS[chosen][key];
  if (found === undefined) throw new Error(`no words for ${key} in ${chosen}`);
  return typeof found === "function" ? found(...given) : found;
}

/**
 * The text for a name that the API may extend: the name itself if there is none.
 * @param {string} group
 * @param {string} name
 */
export const named = (group, name) => /** @type {string} */ (BOOKS[chosen][`${group}.${name}`] ?? name);
