/** Sign in, and choose a password at the first sign-in. */

import { h } from "../dom.js";
import { t } from "../words.js";
import { errorText } from "./error.js";

export function signInView(page, { signIn, over, done }) {
  let choose = null; // takes the new password if Cognito asks for one
  let failure = over ? t("sign_in.over") : "";
  let busy = false;

  async function send(event) {
    event.preventDefault();
    if (busy) return;
    const given = new FormData(event.target);
    busy = true;
    try {
      const next = choose
        ? await choose(given.get("new"))
        : await signIn(given.get("name").trim(), given.get("password"));
      if (!next) return done();
      choose = next;
      failure = "";
    } catch (error) {
      failure = words(error);
    } finally {
      busy = false;
    }
    draw({});
    page.main.querySelector(choose ? "#new" : "#password").focus();
  }

  function words(error) {
    if (["NotAuthorizedException", "UserNotFoundException"].includes(error.message)) return t("sign_in.wrong");
    if (["InvalidPasswordException", "InvalidParameterException"].includes(error.message)) {
      return choose ? t("sign_in.weak") : t("sign_in.wrong");
    }
    if (error.status === 400 && error.message) return t("sign_in.challenge", error.message);
    return errorText(error);
  }

  const field = (id, label, attributes, hint = null) => [
    h("label", { for: id }, label),
    h("input", { id, name: id, required: true, "aria-describedby": hint || failure ? "about" : null, ...attributes }),
    hint,
  ];

  function draw({ arrive }) {
    const name = document.getElementById("name")?.value ?? "";
    page.show(
      h(
        "form",
        { class: "sign-in card", onsubmit: send },
        h("h1", { id: "title", tabindex: "-1" }, t("sign_in")),
        h("p", { class: "faint" }, t("sign_in.lead")),
        failure && h("p", { class: "note bad", id: "about", role: "alert" }, failure),
        choose
          ? field(
              "new",
              t("sign_in.new"),
              { type: "password", autocomplete: "new-password", minlength: 14 },
              failure ? null : h("p", { class: "faint", id: "about" }, t("sign_in.new.hint")),
            )
          : [
              field("name", t("sign_in.name"), { autocomplete: "username", autocapitalize: "none", spellcheck: "false", value: name }),
              field("password", t("sign_in.password"), { type: "password", autocomplete: "current-password" }),
            ],
        h("button", { class: "button main wide", id: "enter" }, choose ? t("sign_in.set") : t("sign_in")),
      ),
      { title: t("sign_in") },
    );
    if (arrive) document.getElementById("name").focus();
  }

  return { draw };
}
