/** One case: look at its photos, decide. What happens to it is in case_state.js; its parts are beside this file. */

import { now, query } from "../api.js";
import { next, READING } from "../case_state.js";
import { byId, h, listed, replace, say } from "../dom.js";
import { clock, moment, relative, short } from "../format.js";
import { bindView } from "../keys.js";
import { lease } from "../lease.js";
import { named, t } from "../words.js";
import { auditList } from "./audit.js";
import { decisionPanel, outcome, verdict } from "./decision.js";
import { ask } from "./dialogs.js";
import { facts, contextOf } from "./facts.js";
import { noteList } from "./notes.js";
import { dropPictures, filmstrip, stage } from "./photo.js";
import { ruleOf } from "./rule.js";

/** @type {RevealLevel} */
let level = "grey"; // how a picture is revealed first, as this moderator chose last

/** @type {Partial<Record<RevealLevel, RevealLevel>>} */
const SHARPER = { soft: "grey", grey: "clear" };
/** @type {SkipReason[]} */
const SKIPS = ["upsetting", "unsure", "language", "known_person", "other"];
const ZOOMS = [1, 1.5, 2, 3, 4];

/**
 * @import { CaseView, CheckedAge, ClaimView, GuidelineView, Reason, ReviewSummary, RevealLevel } from "#api"
 * @import { AuditEntryView, SkipReason } from "#api"
 * @import { Filters } from "../api.js"
 * @import { Event } from "../case_state.js"
 * @import { Page, View } from "../main.js"
 * @import { Shortcut } from "../keys.js"
 * @import { Shown } from "./photo.js"
 *
 * @typedef {{case: CaseView, lease: ClaimView, filters: Filters}} Claimed the answer of POST /v1/reviews/next
 */

/**
 * @param {Page} page
 * @param {string} id
 * @param {Claimed | null} claimed if the case is this page's already
 * @returns {View}
 */
export function caseView(page, id, claimed = null) {
  let state = READING;
  /** @type {CaseView} */
  let known; // the case, from the last response
  let failure = "";
  /** @type {ReturnType<typeof lease> | null} */
  let held = null; // heartbeats of this page's lease
  let left = { seconds: 0, share: 1 }; // of the lease
  let at = 0; // index of the current photo
  /** @type {number | null} */
  let pinned = null; // index of the photo to compare with
  let zoom = 0; // index of ZOOMS
  let boxes = true;
  /** @type {readonly AuditEntryView[] | null} */
  let history = null; // the audit log, when shown
  /** @type {readonly GuidelineView[] | null} */
  let rules = null; // the guidelines, when shown
  /** @type {Promise<unknown>} */
  let turn = Promise.resolve(); // the requests so far
  let ended = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let watch; // timer of a state that ends by itself
  /** @type {Map<string, Shown>} */
  const clear = new Map(); // photo id -> {url, level} of its revealed picture, while it is shown
  /** @type {Map<string, Reason>} */
  const refusals = page.drafts().get(id) ?? new Map(); // photo id -> reason code

  const further = `/next${query(claimed?.filters ?? {})}`; // where a moderator goes on

  const mine = () => state.name === "mine";
  const photo = () => known.photos[at];

  /** Take an event; what a state means for pictures and heartbeats follows from it. @param {Event} event */
  function happen(event) {
    const before = state;
    state = next(state, event, now());
    if (state === before) return;
    clearTimeout(watch);
    if (before.name === "mine" && !mine()) {
      held?.end();
      held = null;
      hidePictures();
    }
    if (state.name === "pending") watch = setTimeout(settled, Math.max(0, state.until - now()) + 500);
    if (state.notice && state.notice !== before.notice) say(t(state.notice), true);
  }

  /** The decision has taken effect. */
  function settled() {
    happen({ kind: "tick" });
    if (!ended) load();
  }

  async function load() {
    try {
      known = await page.desk.read(id);
      failure = "";
      happen({ kind: "read", review: known.review });
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (ended) return;
    draw({});
    if (known && state.name === "free" && known.review.lease?.yours) claim();
  }

  /**
   * Run one request after the other, so that no key is lost while one is under way. `own`: only if
   * the case is still this moderator's when its turn comes. An error of the case becomes its state.
   * @param {() => unknown} doing
   */
  function run(doing, { own = true } = {}) {
    turn = turn.then(() => (ended || (own && !mine()) ? null : attempt(doing)));
    return turn;
  }

  /** @param {() => unknown} doing */
  async function attempt(doing) {
    try {
      await doing();
      failure = "";
    } catch (error) {
      if (ended) return;
      const before = state;
      happen({ kind: "error", error: error.kind });
      if (state === before) failure = page.failed(error);
      else {
        draw({});
        known = await page.desk.read(id).catch(() => known);
      }
    } finally {
      if (!ended) draw({});
    }
  }

  function hidePictures() {
    clear.clear();
    dropPictures();
  }

  /** @param {ClaimView} lent */
  function take(lent) {
    happen({ kind: "claimed", until: lent.until });
    known.review.lease = { yours: true, until: lent.until };
    held?.end();
    held = lease({
      until: lent.until,
      seconds: lent.heartbeat_seconds,
      beat: () => page.desk.heartbeat(id),
      ticked,
      lost: (kind) => {
        happen(kind ? { kind: "error", error: kind } : { kind: "expired" });
        if (mine()) happen({ kind: "expired" });
        load();
      },
    });
  }

  const claim = () =>
    run(
      async () => {
        take(await page.desk.claim(id));
        say(t("case.claimed"));
      },
      { own: false },
    );

  let saidIdle = false;
  /** @param {number} seconds @param {number} share @param {boolean} idle */
  function ticked(seconds, share, idle) {
    left = { seconds, share };
    const timer = document.getElementById("timer");
    if (!timer) return;
    /** @type {HTMLElement} */ (timer.querySelector("b")).textContent = clock(seconds);
    /** @type {HTMLMeterElement} */ (timer.querySelector("meter")).value = share;
    timer.classList.toggle("short", idle);
    if (idle && !saidIdle) say(t("case.ends", seconds), true);
    saidIdle = idle;
  }

  /**
   * The case leaves this moderator: `doing` is the request, `words` what is said.
   * @param {() => Promise<unknown>} doing
   * @param {string} words
   * @param {string | null} place
   */
  const part = (doing, words, place = "/queue") =>
    run(async () => {
      await doing();
      happen({ kind: "released" });
      known.review.lease = null;
      page.tabs.postMessage({ kind: "released", review: id });
      say(words);
      if (place) page.go(place);
    });

  const release = () => part(() => page.desk.release(id), t("case.released"), null);

  async function skip() {
    const given = await ask(skipQuestion());
    if (given && mine()) await part(() => page.desk.skip(id, given.reason), t("skip.done"), further);
  }

  /** @returns {Parameters<typeof ask>[0]} */
  const skipQuestion = () => ({
    title: t("skip.ask"),
    body: t("skip.body"),
    fields: [
      {
        name: "reason",
        label: t("skip.reason"),
        options: SKIPS.map((one) => [one, t(`skip.${one}`)]),
      },
    ],
    yes: t("skip.case"),
  });

  async function escalate() {
    const given = await ask({
      title: t("escalate.ask"),
      body: t("escalate.body"),
      fields: [{ name: "note", label: t("escalate.note"), lines: 4, max: 1000 }],
      yes: t("escalate"),
    });
    if (given && mine()) await part(() => page.desk.escalate(id, given.note.trim()), t("escalate.done"), further);
  }

  /** Photos that may be illegal are preserved, and leads alone see the case from then on. */
  async function report() {
    const given = await ask({
      title: t("hold.ask"),
      body: t("hold.body"),
      fields: [
        {
          name: "photos",
          label: t("hold.photos"),
          checks: known.photos.map((one, index) => [
            one.photo_id,
            t("case.photo", index + 1, known.photos.length),
            index === at,
          ]),
        },
      ],
      yes: t("hold"),
      kind: "bad",
    });
    if (!given || !mine()) return;
    if (!given.photos.length) return say(t("hold.none"), true);
    await part(() => page.desk.hold(id, given.photos), t("hold.done"), further);
  }

  const giveBack = () => part(() => page.desk.giveBack(id), t("return.done"));

  async function note() {
    const given = await ask({
      title: t("note.ask"),
      body: t("note.body"),
      fields: [{ name: "text", label: t("note.text"), lines: 4, max: 1000 }],
      yes: t("note.add"),
    });
    if (!given) return;
    await run(
      async () => {
        known.notes = (await page.desk.note(id, given.text.trim())).notes;
        say(t("note.done"));
      },
      { own: false },
    );
  }

  /** `r`: reveal, then sharper, then hide. */
  const reveal = () => {
    const shown = clear.get(photo().photo_id);
    const wanted = shown ? SHARPER[shown.level] : level;
    return wanted ? show(wanted) : hide();
  };

  function hide() {
    clear.delete(photo().photo_id);
    draw({});
    say(t("case.hidden", photo().photo_id));
  }

  /** @param {RevealLevel} wanted */
  const show = (wanted, choose = () => {}) =>
    run(async () => {
      choose();
      const name = photo().photo_id;
      const shown = await page.desk.reveal(id, name, wanted);
      page.expose(shown.exposure);
      if (!mine()) return; // the lease was lost during the request
      clear.set(name, { url: shown.url, level: wanted });
      say(t("case.revealed", name, t(`level.${wanted}`), shown.exposure.used, shown.exposure.limit));
    });

  /** `f`: the next photo that is still blurred. */
  const revealNext = () => {
    if (known.photos.every((one) => clear.has(one.photo_id))) return say(t("case.all_revealed"));
    return show(level, () => {
      const blurred = known.photos.flatMap((one, index) => (clear.has(one.photo_id) ? [] : [index]));
      at = blurred.find((index) => index >= at) ?? blurred[0] ?? at;
    });
  };

  /** The link has expired: nothing is revealed any more, so that one press reveals it again. @param {string} name */
  function gone(name) {
    clear.delete(name);
    failure = t("case.not_shown");
    say(failure, true);
    draw({});
  }

  /** @param {RevealLevel} wanted */
  function setLevel(wanted) {
    level = wanted;
    draw({});
  }

  /** @param {() => unknown} doing */
  function needsLease(doing) {
    return () => {
      if (mine()) return doing();
      if (state.name === "free") say(t("case.unclaimed"), true);
    };
  }

  /** @param {number} number */
  function select(number) {
    if (number < 0 || number >= known.photos.length) return;
    at = number;
    draw({});
    say(t("case.photo", at + 1, known.photos.length));
  }

  function pin() {
    pinned = pinned === null ? at : null;
    if (pinned !== null && known.photos.length > 1) at = (at + 1) % known.photos.length;
    draw({});
    say(t(pinned === null ? "compare.off" : "compare.on"));
  }

  /** @param {number} by */
  function magnify(by) {
    const before = zoom;
    zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + by));
    if (zoom !== before) draw({});
  }

  /** @param {string} name @param {Reason | ""} code */
  function refuse(name, code) {
    if (code) refusals.set(name, code);
    else refusals.delete(name);
    if (refusals.size) page.drafts().set(id, refusals);
    else page.drafts().delete(id);
    replace(byId("film"), film());
    replace(byId("outcome"), outcome(known, { photo: photo(), refusals, decide }));
    if (rules) replace(byId("rule"), ruleOf(rules, reasonAtHand()));
  }

  const film = () => filmstrip(known.photos, { at, pinned, refusals, clear, select });

  /** A decision takes effect in seconds and can be undone until then, so nothing is asked first. @param {boolean} approve */
  async function decide(approve) {
    if (approve && refusals.size) return say(t("decide.remove_reasons_first"), true);
    if (!approve && !refusals.size) {
      document.getElementById("reason")?.focus();
      return say(t("decide.reason_first"), true);
    }
    const photos = [...refusals].map(([photo_id, reason]) => ({ photo_id, reason }));
    await run(async () => {
      const decided = await page.desk.decide(id, photos);
      happen({ kind: "decided", undoUntil: decided.undo_until });
      page.drafts().delete(id);
      const words = t(approve ? "decide.approved" : "decide.refused", short(id));
      if (decided.undo_until) page.undo.show(id, words, decided.undo_until);
      else say(words, true);
      page.go(further);
    });
  }

  const toggleHistory = () =>
    run(
      async () => {
        history = history ? null : (await page.desk.audit(id)).entries;
        if (history) requestAnimationFrame(() => document.getElementById("history")?.focus());
      },
      { own: false },
    );

  const toggleRule = () =>
    run(
      async () => {
        rules = rules ? null : (await page.guidelines()).guidelines;
        if (rules) requestAnimationFrame(() => document.getElementById("rule-title")?.focus());
      },
      { own: false },
    );

  const reasonAtHand = () =>
    refusals.get(photo()?.photo_id) ??
    photo()?.findings.find((one) => one.reason)?.reason?.code ??
    known.review.reasons[0] ??
    null;

  const leaseLine = () =>
    mine()
      ? h(
          "div",
          { class: "lease-line", id: "timer", role: "timer", "aria-label": t("case.lease") },
          h("span", {}, t("case.lease"), " "),
          h("b", { class: "figures" }, clock(left.seconds)),
          h("meter", { min: 0, max: 1, value: left.share, "aria-hidden": "true" }),
          h("span", { class: "still" }, t("case.idle")),
        )
      : h("p", { class: "lease-line faint" }, t(state.taken ? "case.taken" : "case.unclaimed"));

  /**
   * @param {string} name
   * @param {string} words
   * @param {string} key
   * @param {() => unknown} handler
   */
  const button = (name, words, key, handler, more = {}) =>
    h(
      "button",
      { class: "button", id: name, onclick: () => handler(), ...more },
      t(words),
      " ",
      h("kbd", { "aria-hidden": "true" }, key),
    );

  /**
   * @param {string[]} keys
   * @param {string} words
   * @param {(key: string) => unknown} handler
   * @returns {Shortcut}
   */
  const key = (keys, words, handler, more = {}) => ({ keys, words: `keys.${words}`, handler, ...more });

  function bind() {
    bindView(
      [
        state.name === "free" && key(["c"], "claim", claim),
        mine() && key(["x"], "release", release),
        key(["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"], "photo", (pressed) =>
          select((Number(pressed) + 9) % 10),
        ),
        key(["ArrowLeft", "ArrowRight"], "step", (pressed) => select(at + (pressed === "ArrowLeft" ? -1 : 1)), {
          repeats: true,
        }),
        key(["r"], "reveal", needsLease(reveal)),
        key(["f"], "reveal_next", needsLease(revealNext)),
        key(["v"], "compare", pin),
        key(["+", "-"], "zoom", (pressed) => magnify(pressed === "+" ? 1 : -1), { repeats: true }),
        key(["b"], "boxes", toggleBoxes),
        key(
          ["m"],
          "reason",
          needsLease(() => document.getElementById("reason")?.focus()),
        ),
        key(
          ["a"],
          "approve",
          needsLease(() => decide(true)),
        ),
        key(
          ["d"],
          "refuse",
          needsLease(() => decide(false)),
        ),
        mine() && key(["e"], "escalate", escalate),
        mine() && key(["k"], "skip", skip),
        mine() && key(["i"], "hold", report),
        key(["t"], "note", note),
        key(["g"], "rule", toggleRule),
        key(["h"], "history", toggleHistory),
        key(["Escape"], "leave", leave),
      ].filter((one) => one !== false),
    );
  }

  /** Escape leaves the list of reasons first, then the case. */
  function leave() {
    if (document.activeElement?.tagName === "SELECT") byId("title").focus({ preventScroll: true });
    else page.go("/queue");
  }

  function toggleBoxes() {
    boxes = !boxes;
    draw({});
  }

  /** @param {CheckedAge} one */
  const assurance = (one) => t("case.age_assurance.of", one.over_age, named("method", one.method), one.days);

  /** @param {ReviewSummary} review */
  const about = (review) =>
    listed([
      [t("queue.severity"), h("span", { class: `severity ${review.severity}` }, t(`severity.${review.severity}`))],
      review.kind === "appeal" && [t("queue.case"), t("kind.appeal")],
      known.escalation && [t("queue.case"), t("queue.of.escalated")],
      [
        t("case.opened"),
        h("time", { datetime: review.opened_at, title: moment(review.opened_at) }, relative(review.opened_at)),
      ],
      [
        t("case.decide_by"),
        h("time", { datetime: review.decide_by, title: moment(review.decide_by) }, relative(review.decide_by)),
      ],
      known.age_assurance && [t("case.age_assurance"), assurance(known.age_assurance)],
      known.policy_version && [t("case.policy"), known.policy_version],
      known.detector_version && [t("case.detector"), known.detector_version],
    ]);

  const barOf = () => {
    if (state.name === "pending") return h("p", { class: "lease-line" }, t("undo.pending"));
    if (state.name === "late") return h("p", { class: "lease-line faint" }, t("case.late"));
    return state.name === "closed" ? verdict(known) : leaseLine();
  };

  /** @param {number} index @param {"current" | "pinned"} side */
  const frame = (index, side) => {
    const one = known.photos[index];
    return stage(one, {
      side,
      number: index + 1,
      total: known.photos.length,
      shown: clear.get(one.photo_id),
      boxes,
      zoom: ZOOMS[zoom],
      gone: () => gone(one.photo_id),
    });
  };

  const tools = () => {
    const shown = clear.get(photo().photo_id);
    const words = shown
      ? SHARPER[shown.level]
        ? `case.reveal.${SHARPER[shown.level]}`
        : "case.hide"
      : `case.reveal.${level}`;
    return h(
      "div",
      { class: "row tools-row" },
      mine() && button("reveal", words, "r", reveal),
      mine() && known.photos.length > 1 && button("reveal-next", "case.reveal_next", "f", revealNext),
      known.photos.length > 1 && button("compare", "compare", "v", pin, { "aria-pressed": String(pinned !== null) }),
      button("boxes", "case.boxes", "b", toggleBoxes, { "aria-pressed": String(boxes) }),
      h(
        "span",
        { class: "row zoom", role: "group", "aria-label": t("zoom") },
        h(
          "button",
          {
            class: "button",
            id: "zoom-out",
            "aria-label": t("zoom.out"),
            "aria-disabled": zoom ? null : "true",
            onclick: () => magnify(-1),
          },
          "−",
        ),
        h("span", { class: "figures" }, `${ZOOMS[zoom] * 100} %`),
        h(
          "button",
          {
            class: "button",
            id: "zoom-in",
            "aria-label": t("zoom.in"),
            "aria-disabled": zoom < ZOOMS.length - 1 ? null : "true",
            onclick: () => magnify(1),
          },
          "+",
        ),
      ),
      mine() &&
        h(
          "label",
          { class: "filter" },
          h("span", {}, t("level")),
          " ",
          h(
            "select",
            { id: "level", onchange: (event) => setLevel(event.target.value) },
            ["soft", "grey", "clear"].map((one) =>
              h("option", { value: one, selected: one === level }, t(`level.${one}`)),
            ),
          ),
        ),
    );
  };

  /** @type {View["draw"]} */
  function draw({ arrive }) {
    const title = t("case", short(id));
    const head = h(
      "div",
      { class: "row head" },
      h("h1", { id: "title", tabindex: "-1" }, title),
      h("a", { href: "#/queue", id: "back" }, t("case.back")),
    );
    if (!known) {
      bindView([key(["Escape"], "leave", leave)]);
      return page.show([head, h("p", { class: failure ? "note bad" : "faint" }, failure || t("loading"))], {
        arrive,
        title,
      });
    }
    bind();
    const total = known.photos.length;
    const lead = page.me().lead;
    page.show(
      [
        head,
        about(known.review),
        failure && h("p", { class: "note bad" }, failure),
        state.notice && state.name !== "late" && h("p", { class: "note warn" }, t(state.notice)),
        h(
          "div",
          { class: "bar card" },
          barOf(),
          h(
            "div",
            { class: "row" },
            state.name === "free" && button("claim", "case.claim", "c", claim, { class: "button main" }),
            mine() && button("escalate", "escalate", "e", escalate),
            mine() &&
              lead &&
              known.review.queue === "escalated" &&
              h("button", { class: "button", id: "give-back", onclick: giveBack }, t("return")),
            mine() && button("skip-case", "skip.case", "k", skip),
            mine() && button("hold", "hold", "i", report),
            mine() && button("release", "case.release", "x", release),
            button("audit", "audit", "h", toggleHistory, { "aria-expanded": String(Boolean(history)) }),
          ),
        ),
        h(
          "div",
          { class: "work" },
          h(
            "section",
            { class: "photos", "aria-label": t("case.photos") },
            h("div", { id: "film" }, film()),
            total > 0 &&
              h(
                "div",
                {},
                tools(),
                h(
                  "div",
                  { class: pinned === null ? "stages" : "stages two" },
                  pinned !== null && frame(pinned, "pinned"),
                  frame(at, "current"),
                ),
              ),
          ),
          h(
            "div",
            { class: "decide" },
            total > 0 && facts(photo()),
            mine() &&
              decisionPanel(known, {
                photo: photo(),
                refusals,
                refuse,
                decide,
                rule: button("rule-button", "rule", "g", toggleRule, { "aria-expanded": String(Boolean(rules)) }),
              }),
            h("div", { id: "rule" }, rules && ruleOf(rules, reasonAtHand())),
            contextOf(known.context),
            noteList(known.notes, button("note", "note.add", "t", note)),
          ),
        ),
        history && auditList(history, page.me()),
      ],
      { arrive, title },
    );
  }

  if (claimed) {
    known = claimed.case;
    happen({ kind: "read", review: known.review });
    take(claimed.lease);
  }

  return {
    id,
    draw(how) {
      draw(how);
      if (!known) load();
    },
    /** The moderator is absent: nothing clear stays on the screen. */
    idle() {
      if (!clear.size) return;
      hidePictures();
      draw({});
    },
    /** Another tab of this browser gave the case back. */
    released(review) {
      if (review !== id || !mine()) return;
      happen({ kind: "expired" });
      load();
    },
    /** Leaving a case releases it; resolves when the API knows. */
    end() {
      ended = true;
      clearTimeout(watch);
      const releasing = mine() ? page.desk.release(id).catch(() => {}) : null;
      if (mine()) page.tabs.postMessage({ kind: "released", review: id });
      held?.end();
      held = null;
      hidePictures();
      return releasing;
    },
  };
}
