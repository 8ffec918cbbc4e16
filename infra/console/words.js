/** The page's texts in the reader's language. */

import { de } from "./words/de.js";
import { en } from "./words/en.js";

const BOOKS = { en, de };
let chosen = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in BOOKS) ?? "en";

export const LANGUAGES = { en: "English", de: "Deutsch" };
export const language = () => chosen;
export const speak = (wanted) => (chosen = wanted);

/** The text for a key. A missing key throws, so that tests find it. */
export function t(key, ...given) {
  const found = BOOKS[chosen][key];
  if (found === undefined) throw new Error(`no words for ${key} in ${chosen}`);
  return typeof found === "function" ? found(...given) : found;
}

/** The text for a name that the API may extend: the name itself if there is none. */
export const named = (group, name) => BOOKS[chosen][`${group}.${name}`] ?? name;
