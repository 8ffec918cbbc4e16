/** Sign-in by name alone: an example needs no passwords, a real app has its own sign-in. */

import { call } from "../api.js";
import { h } from "../dom.js";
import { t } from "../words.js";
import { erased } from "./receipt.js";

export async function signIn(page) {
  const receipt = page.me.erasure && (await erased());
  if (receipt === null) {
    page.show(
      t("erase"),
      h(
        "section",
        { class: "card running" },
        h("span", { class: "spinner" }),
        h("h1", { tabindex: -1 }, t("erasure.running")),
      ),
    );
    const timer = setTimeout(() => page.go("#/"), 2000);
    return { end: () => clearTimeout(timer) };
  }
  const { styles } = await call("GET", "styles");
  const previews = styles.slice(0, 9).map(({ thumbnail }) => h("img", { src: thumbnail, alt: "" }));
  const enter = (event) => {
    event.preventDefault();
    const name = event.target.elements.name.value.trim();
    if (name)
      page.run(async () => {
        await call("POST", "session", { name });
        await page.enter();
        page.go("#/");
      });
  };
  page.show(
    t("welcome"),
    [
      receipt || h("div", { class: "hero" }, previews),
      h(receipt ? "h2" : "h1", { tabindex: -1 }, t("welcome")),
      h("p", {}, t("welcome.lead")),
      h(
        "form",
        { class: "card", onsubmit: enter },
        h("label", { for: "name" }, t("welcome.name")),
        h("input", { id: "name", name: "name", autocomplete: "username", maxlength: 40, required: true }),
        h("button", { class: "main" }, t("welcome.enter")),
        h("p", { class: "faint" }, t("welcome.example")),
      ),
    ],
    { arrive: true },
  );
}
