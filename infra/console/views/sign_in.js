/** Sign in: password, a new password, the authenticator's code or its set-up, a forgotten password. */

import { h, say, svg } from "../dom.js";
import * as lean from "../vendor/lean-qr.js";
import { t } from "../words.js";
import { errorText } from "./error.js";

const WRONG = new Set(["NotAuthorizedException", "UserNotFoundException"]);
const CODE = new Set(["CodeMismatchException", "EnableSoftwareTokenMFAException"]);
const MANY = new Set(["LimitExceededException", "TooManyRequestsException", "TooManyFailedAttemptsException"]);

/**
 * @import { RequestError } from "../api.js"
 * @import { Attributes, Child } from "../dom.js"
 * @import { How, Page, View } from "../main.js"
 * @import { Step } from "../session.js"
 *
 * @typedef {object} Form
 * @property {(given: Record<string, string>) => Promise<Step | null>} send
 * @property {() => Child} fields
 * @property {string} press
 * @property {[words: string, step: Step]} [other]
 */

/**
 * @param {Page} page
 * @param {object} given
 * @param {(name: string, password: string) => Promise<Step | null>} given.signIn
 * @param {(name: string) => Promise<unknown>} given.forgot
 * @param {(name: string, code: string, password: string) => Promise<unknown>} given.reset
 * @param {boolean} given.over the session before has ended
 * @param {() => void} given.done
 * @returns {View}
 */
export function signInView(page, { signIn, forgot, reset, over, done }) {
  /** @type {Step} */
  let step = { kind: "name" }; // what the form asks for
  let name = "";
  let failure = over ? t("sign_in.over") : "";
  let notice = "";
  let busy = false;

  /** @param {SubmitEvent & {target: HTMLFormElement}} event */
  async function send(event) {
    event.preventDefault();
    if (busy) return;
    const given = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(event.target)));
    if (given.name !== undefined) name = given.name.trim();
    busy = true;
    failure = notice = "";
    try {
      const next = await STEPS[step.kind].send(given);
      if (!next) return done();
      step = next;
    } catch (error) {
      failure = words(error);
      if (WRONG.has(error.message) && step.kind !== "name") step = { kind: "name" }; // its session is over
    } finally {
      busy = false;
    }
    draw();
    focus();
  }

  /** @param {RequestError} error */
  function words(error) {
    const { message, status } = error;
    if (WRONG.has(message)) return t(step.kind === "name" ? "sign_in.wrong" : "sign_in.late");
    if (CODE.has(message)) return t("sign_in.code.wrong");
    if (message === "ExpiredCodeException")
      return t(step.kind === "reset" ? "sign_in.reset.late" : "sign_in.code.used");
    if (message === "InvalidPasswordException") return t("sign_in.weak");
    if (message === "PasswordResetRequiredException") return t("sign_in.reset.needed");
    if (message === "InvalidParameterException")
      return t(step.kind === "forgot" ? "sign_in.reset.no_address" : "sign_in.wrong");
    if (MANY.has(message)) return t("sign_in.many");
    if (status === 400 && message) return t("sign_in.challenge", message);
    return errorText(error);
  }

  /** @param {string} id @param {string} label @param {Attributes} attributes @param {string | null} hint */
  const field = (id, label, attributes, hint = null) => [
    h("label", { for: id }, label),
    h("input", {
      id,
      name: id,
      required: true,
      "aria-describedby": hint ? `${id}-about` : null,
      "aria-invalid": failure ? "true" : null,
      ...attributes,
    }),
    hint && h("p", { class: "faint", id: `${id}-about` }, hint),
  ];
  const nameField = () =>
    field("name", t("sign_in.name"), {
      autocomplete: "username",
      autocapitalize: "none",
      spellcheck: "false",
      value: name,
    });
  /** @param {string} hint */
  const codeField = (hint) =>
    field(
      "code",
      t("sign_in.code"),
      { inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: 6 },
      hint,
    );
  const newField = () =>
    field(
      "new",
      t("sign_in.new"),
      { type: "password", autocomplete: "new-password", minlength: 14 },
      t("sign_in.new.hint"),
    );

  const answer = (/** @type {string} */ given) => ("answer" in step ? step.answer(given) : Promise.resolve(null));

  /** @type {Record<Step["kind"], Form>} */
  const STEPS = {
    name: {
      send: ({ password }) => signIn(name, password),
      fields: () => [
        nameField(),
        field("password", t("sign_in.password"), { type: "password", autocomplete: "current-password" }),
      ],
      press: "sign_in",
      other: ["sign_in.forgot", { kind: "forgot" }],
    },
    password: { send: (given) => answer(given.new), fields: newField, press: "sign_in.set" },
    code: {
      send: (given) => answer(given.code),
      fields: () => codeField(t("sign_in.code.hint")),
      press: "sign_in",
    },
    setup: {
      send: (given) => answer(given.code),
      fields: () => [
        h("p", {}, t("sign_in.setup")),
        step.kind === "setup" && qr(step.url),
        h("p", { class: "faint" }, t("sign_in.setup.key")),
        step.kind === "setup" && h("code", { class: "key", id: "key" }, step.key.match(/.{1,4}/g)?.join(" ")),
        codeField(t("sign_in.setup.code")),
      ],
      press: "sign_in",
    },
    forgot: {
      send: async () => {
        await forgot(name);
        return { kind: "reset" };
      },
      fields: nameField,
      press: "sign_in.reset.send",
      other: ["sign_in.back", { kind: "name" }],
    },
    reset: {
      send: async (given) => {
        await reset(name, given.code, given.new);
        notice = t("sign_in.reset.done");
        return { kind: "name" };
      },
      fields: () => [codeField(t("sign_in.reset.hint")), newField()],
      press: "sign_in.reset.set",
      other: ["sign_in.back", { kind: "name" }],
    },
  };

  /** @type {Partial<Record<Step["kind"], string>>} */
  const TITLES = { setup: "sign_in.setup.title", forgot: "sign_in.reset", reset: "sign_in.reset" };

  /** @param {Step} next */
  function turn(next) {
    step = next;
    failure = notice = "";
    draw();
    focus();
  }

  /** The first field that is empty. */
  function focus() {
    const inputs = [...page.main.querySelectorAll("input")];
    (inputs.find((one) => !one.value) ?? inputs[0])?.focus();
    if (notice) say(notice);
  }

  function draw(/** @type {How} */ { arrive } = {}) {
    const { fields, press, other } = STEPS[step.kind];
    const title = t(TITLES[step.kind] ?? "sign_in");
    const shown = /** @type {HTMLInputElement | null} */ (document.getElementById("name"));
    name = shown?.value.trim() || name;
    page.show(
      h(
        "form",
        { class: "sign-in card", onsubmit: send },
        h("h1", { id: "title", tabindex: "-1" }, title),
        step.kind === "name" && h("p", { class: "faint" }, t("sign_in.lead")),
        failure && h("p", { class: "note bad", id: "about", role: "alert" }, failure),
        notice && h("p", { class: "note" }, notice),
        fields(),
        h("button", { class: "button main wide", id: "enter" }, t(press)),
        other &&
          h("button", { class: "quiet", type: "button", id: "other", onclick: () => turn(other[1]) }, t(other[0])),
      ),
      { title },
    );
    if (arrive) focus();
  }

  return { draw };
}

/** @type {(text: string) => {size: number, get: (x: number, y: number) => boolean}} */
const generate = /** @type {any} */ (lean.generate);

/** The QR code of a text. It is black on white in dark mode too, as cameras expect. @param {string} text */
function qr(text) {
  const code = generate(text);
  const squares = [];
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++) if (code.get(x, y)) squares.push(`M${x} ${y}h1v1h-1z`);
  const side = code.size + 8; // a quiet zone of four modules: ISO/IEC 18004
  return svg(
    "svg",
    {
      class: "qr",
      viewBox: `-4 -4 ${side} ${side}`,
      role: "img",
      "aria-label": t("sign_in.setup.qr"),
      "shape-rendering": "crispEdges",
    },
    svg("rect", { x: -4, y: -4, width: side, height: side, fill: "#fff" }),
    svg("path", { d: squares.join(""), fill: "#000" }),
  );
}
