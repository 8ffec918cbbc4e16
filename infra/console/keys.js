/** One-key shortcuts. They are off in text fields, in dialogs, and when the reader switches them off. */

/**
 * Without `handler` the browser acts.
 * @typedef {{keys: string[], words: string, handler?: (key: string) => unknown, repeats?: boolean}} Shortcut
 */

/** @type {Shortcut[]} */
let table = []; // of the current view
/** @type {Shortcut[]} */
let always = []; // on every view
let on = true;

export const shortcuts = () => [...table, ...always];
export const areOn = () => on;
/** @param {boolean} wanted */
export const switchTo = (wanted) => (on = wanted);
/** @param {Shortcut[]} shown */
export const bindView = (shown) => (table = shown);
/** @param {Shortcut[]} shown */
export const bindPage = (shown) => (always = shown);

const TYPES = "input:not([type=checkbox]):not([type=radio]), textarea, [contenteditable]";

/** Caps Lock and Shift change no letter's meaning. @param {string} key */
const meant = (key) => (/^[A-Z]$/.test(key) ? key.toLowerCase() : key);

addEventListener("keydown", (event) => {
  if (!on || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(TYPES) || document.querySelector("dialog[open]")) return;
  // a select uses letters and arrows itself; Escape leaves it
  if (target?.closest("select") && event.key !== "Escape") return;
  const key = meant(event.key);
  const found = [...table, ...always].find((one) => one.handler && one.keys.includes(key));
  if (!found?.handler) return;
  event.preventDefault();
  // A key that is held must not reveal picture after picture, or decide the next case too.
  if (event.repeat && !found.repeats) return;
  found.handler(key);
});
