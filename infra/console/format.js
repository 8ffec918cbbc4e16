/** Formats times, shares and names in the reader's language. */

import { now } from "./api.js";
import { language } from "./words.js";

/** @type {[Intl.RelativeTimeFormatUnitSingular, number][]} */
const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** The largest unit of which `seconds` are at least `some`. @param {number} seconds @param {number} some */
const unitOf = (seconds, some) => UNITS.find(([, size]) => seconds >= some * size) ?? UNITS[UNITS.length - 1];

/** "in 3 hours", "2 minutes ago". @param {string} time */
export function relative(time) {
  const seconds = Math.round((Date.parse(time) - now()) / 1000);
  const [unit, size] = unitOf(Math.abs(seconds), 1);
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** @param {string} time */
export const moment = (time) =>
  new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "medium" }).format(new Date(time));

/** @param {string} time */
export const timeOfDay = (time) =>
  new Intl.DateTimeFormat(language(), { timeStyle: "short", timeZone: "UTC" }).format(new Date(time));

/** @param {number} share */
export const percent = (share, digits = 0) =>
  new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: digits }).format(share);

/** @param {number} value */
export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** 61 -> "1:01". @param {number} seconds */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

/** @param {number} seconds */
export function duration(seconds) {
  const [unit, size] = unitOf(seconds, 2);
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(
    Math.round(seconds / size),
  );
}

/** The end of an id, enough to tell cases apart. @param {string} id */
export const short = (id) => id.slice(-6);
