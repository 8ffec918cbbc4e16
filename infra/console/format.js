/** Formats times, shares and names in the reader's language. */

import { now } from "./api.js";
import { language } from "./words.js";

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** "in 3 hours", "2 minutes ago". */
export function relative(time) {
  const seconds = Math.round((Date.parse(time) - now()) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

export const moment = (time) =>
  new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "medium" }).format(new Date(time));

export const percent = (share, digits = 0) =>
  new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: digits }).format(share);

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** 61 -> "1:01". */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export function duration(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? UNITS.at(-1);
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(
    Math.round(seconds / size),
  );
}

/** The end of an id, enough to tell cases apart. */
export const short = (id) => id.slice(-6);
