/** The desk's accounts, for leads: invite, change access, reset an authenticator, delete. */

import { h, listed, say } from "../dom.js";
import { moment, relative } from "../format.js";
import { t } from "../words.js";
import { ask } from "./dialogs.js";

/**
 * @import { StaffView } from "#api"
 * @import { Page, View } from "../main.js"
 * @import { Field } from "./dialogs.js"
 */

const USERNAME = "[A-Za-z0-9][A-Za-z0-9._@+\\-]{0,63}"; // as the API checks it

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {Page} page @returns {View} */
export function peopleView(page) {
  /** @type {readonly StaffView[] | null} */
  let staff = null;
  let failure = "";
  let ended = false;

  async function load() {
    try {
      ({ staff } = await page.desk.staff());
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) draw({});
  }

  /** Do it, then read all accounts again. @param {() => Promise<unknown>} doing @param {string} words */
  async function run(doing, words) {
    failure = "";
    try {
      await doing();
      page.namesChanged();
      say(words);
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (!ended) await load();
  }

  /** @param {string | null} value @returns {Field} */
  const appUser = (value) => ({
    name: "app_user_id",
    label: t("people.app_user_id"),
    hint: t("people.app_user_id.hint"),
    type: "text",
    value: value ?? "",
    optional: true,
    max: 128,
  });

  /** As the browser lists them; an account may have another name. @param {string} value @returns {Field} */
  const zone = (value) => ({
    name: "time_zone",
    label: t("people.time_zone"),
    hint: t("people.time_zone.hint"),
    value,
    options: [...new Set(["UTC", value, ...Intl.supportedValuesOf("timeZone")])].map((name) => [name, name]),
  });

  async function invite() {
    const given = await ask({
      title: t("people.invite"),
      body: t("people.invite.body"),
      fields: [
        { name: "username", label: t("sign_in.name"), type: "text", pattern: USERNAME, max: 64 },
        { name: "email", label: t("people.email"), type: "email", max: 254 },
        { name: "access", label: t("people.access"), checks: [["lead", t("people.lead"), false]] },
        appUser(null),
        zone(OWN_ZONE),
      ],
      yes: t("people.invite.yes"),
    });
    if (!given) return;
    const account = {
      username: given.username.trim(),
      email: given.email.trim(),
      lead: given.access.includes("lead"),
      app_user_id: given.app_user_id.trim() || null,
      time_zone: given.time_zone,
    };
    await run(() => page.desk.invite(account), t("people.invited", account.username));
  }

  /** Mail another temporary password. @param {StaffView} one */
  const inviteAgain = ({ username, email, lead, app_user_id, time_zone }) =>
    run(
      () => page.desk.invite({ username, email: email ?? "", lead, app_user_id, time_zone }),
      t("people.invited", username),
    );

  /** @param {StaffView} one */
  async function change(one) {
    const given = await ask({
      title: t("people.change.ask", one.username),
      body: t("people.change.body"),
      fields: [
        {
          name: "access",
          label: t("people.access"),
          checks: [
            ["enabled", t("people.enabled"), one.status !== "disabled"],
            ["moderator", t("people.moderator"), one.moderator],
            ["lead", t("people.lead"), one.lead],
          ],
        },
        appUser(one.app_user_id),
        zone(one.time_zone),
      ],
      yes: t("people.save"),
    });
    if (!given) return;
    const [enabled, moderator, lead] = ["enabled", "moderator", "lead"].map((name) => given.access.includes(name));
    const { time_zone } = given;
    const access = { enabled, moderator, lead, app_user_id: given.app_user_id.trim() || null, time_zone };
    await run(() => page.desk.change(one.username, access), t("people.changed", one.username));
  }

  /** @param {StaffView} one */
  async function reset({ username }) {
    const yes = { title: t("people.reset.ask", username), body: t("people.reset.body"), yes: t("people.reset") };
    if (await ask(yes)) await run(() => page.desk.resetAuthenticator(username), t("people.reset.done", username));
  }

  /** @param {StaffView} one */
  async function remove({ username }) {
    const yes = { title: t("people.delete.ask", username), body: t("people.delete.body"), yes: t("people.delete") };
    if (await ask({ ...yes, kind: "bad" })) await run(() => page.desk.remove(username), t("people.deleted", username));
  }

  /** @param {StaffView} one */
  function account(one) {
    const own = one.moderator_id === page.me().id;
    /** @param {string} name @param {string} words @param {(one: StaffView) => unknown} doing */
    const button = (name, words, doing, kind = "") =>
      h(
        "button",
        {
          class: `button ${kind}`,
          id: `${name}-${one.username}`,
          "aria-label": `${words}: ${one.username}`,
          onclick: () => doing(one),
        },
        words,
      );
    return h(
      "li",
      { class: "card account" },
      h(
        "div",
        { class: "row" },
        h("h2", {}, one.username),
        h("span", { class: `tag ${one.status === "active" ? "" : "warn"}` }, t(`people.status.${one.status}`)),
        one.lead && h("span", { class: "tag" }, t("people.lead")),
        !one.lead && !one.moderator && h("span", { class: "tag warn" }, t("people.no_access")),
        own && h("span", { class: "tag" }, t("people.you")),
      ),
      listed([
        one.email && [t("people.email"), one.email],
        one.app_user_id && [t("people.app_user_id"), one.app_user_id],
        [
          t("people.time_zone"),
          one.time_zone_from ? t("people.time_zone.from", one.time_zone, moment(one.time_zone_from)) : one.time_zone,
        ],
        one.created_at && [t("people.since"), h("time", { datetime: one.created_at }, relative(one.created_at))],
      ]),
      own
        ? h("p", { class: "faint" }, t("people.own"))
        : h(
            "div",
            { class: "row" },
            button("change", t("people.change"), change),
            one.status === "invited"
              ? button("invite", t("people.invite.again"), inviteAgain)
              : button("reset", t("people.reset"), reset),
            button("delete", t("people.delete"), remove, "bad"),
          ),
    );
  }

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    page.show(
      [
        h(
          "div",
          { class: "row head" },
          h("h1", { id: "title", tabindex: "-1" }, t("people")),
          staff && h("button", { class: "button main", id: "invite", onclick: invite }, t("people.invite")),
        ),
        failure && h("p", { class: "note bad" }, failure),
        staff
          ? h("ul", { class: "accounts" }, staff.map(account))
          : !failure && h("p", { class: "faint" }, t("loading")),
      ],
      { arrive, title: t("people") },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (how.arrive) load();
    },
    end() {
      ended = true;
    },
  };
}
