/** The page's texts, numbers and times in the user's language. */

import { de } from "./words/de.js";
import { en } from "./words/en.js";

const BOOKS = { en, de };
export const LANGUAGES = { en: "English", de: "Deutsch" };

const wanted = [localStorage.getItem("language"), ...navigator.languages].map((one) => one?.slice(0, 2));
export const language = wanted.find((one) => one in BOOKS) ?? "en";

export function speak(chosen) {
  localStorage.setItem("language", chosen);
  location.reload();
}

/** The text for a key. A missing key throws, so that tests find it. */
export function t(key, ...given) {
  const found = BOOKS[language][key];
  if (found === undefined) throw new Error(`no words for ${key} in ${language}`);
  return typeof found === "function" ? found(...given) : found;
}

/** What went wrong, by `error`. The API may add kinds: those have the text of "other". */
export function errorText({ kind, body }) {
  const day = body.next_day_begins_at;
  return t(`error.${kind}` in BOOKS[language] ? `error.${kind}` : "error.other", day && weekday(day));
}

/** The API's texts by language. */
export const said = (texts) => texts?.[language] ?? texts?.en ?? "";

const locale = navigator.languages.find((one) => one.startsWith(language)) ?? language; // en-GB writes times as en-US does not
const format = (options) => (time) => new Intl.DateTimeFormat(locale, options).format(new Date(time));
export const date = format({ day: "numeric", month: "long" });
export const clock = format({ hour: "2-digit", minute: "2-digit" });
export const moment = format({ dateStyle: "medium", timeStyle: "short" });
export const weekday = format({ weekday: "long", hour: "2-digit", minute: "2-digit" });

/** "40 seconds", "3 minutes". */
export function duration(seconds) {
  const [unit, size] = seconds < 90 ? ["second", 1] : ["minute", 60];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(
    Math.max(1, Math.round(seconds / size)),
  );
}
