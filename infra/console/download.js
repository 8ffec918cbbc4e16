/** Save a text as a file. It is made in the browser, so it has no address that could be shared. */

import { h } from "./dom.js";

/** @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser has read it long before
}

/**
 * Comma-separated values as RFC 4180 has them. A value that a spreadsheet would run gets an apostrophe first.
 * @param {(string | number | null)[][]} rows
 */
export const csv = (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

/** @param {string | number | null} value */
function cell(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
