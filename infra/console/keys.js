/** One-key shortcuts. They rest while somebody types, while a dialog is open, and when switched off. */

let table = []; // of the view that is shown: {keys, words, act}; without `act` the browser does it
let always = []; // of the page
let on = true;

export const shortcuts = () => [...table, ...always];
export const areOn = () => on;
export const switchTo = (wanted) => (on = wanted);
export const bindView = (shown) => (table = shown);
export const bindPage = (shown) => (always = shown);

const TYPES = "input:not([type=checkbox]):not([type=radio]), textarea, [contenteditable]";

addEventListener("keydown", (event) => {
  if (!on || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest?.(TYPES) || document.querySelector("dialog[open]")) return;
  // a list of choices takes letters and arrows for itself; Escape leaves it
  if (event.target.closest?.("select") && event.key !== "Escape") return;
  const found = [...table, ...always].find((one) => one.act && one.keys.includes(event.key));
  if (!found) return;
  event.preventDefault();
  found.act(event.key);
});
