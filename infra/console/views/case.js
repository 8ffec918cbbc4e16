/** One case: claim it, look at its photos, decide. Its parts are in the files next to this one. */

import { h, replace, say } from "../dom.js";
import { clock, moment, relative, short } from "../format.js";
import { bindView } from "../keys.js";
import { lease } from "../lease.js";
import { named, t } from "../words.js";
import { auditList } from "./audit.js";
import { askToDecide, decisionPanel, outcome, verdict } from "./decision.js";
import { facts } from "./facts.js";
import { dropPicture, filmstrip, stage } from "./photo.js";

export function caseView(page, id) {
  let known = null; // the case, from the last response
  let failure = "";
  let notice = ""; // about the lease
  let held = null; // this page's lease
  let at = 0; // index of the current photo
  let boxes = true;
  let history = null; // the audit log, when shown
  let busy = false;
  let ended = false;
  const clear = new Map(); // photo id -> presigned URL of its clear picture, while it is shown
  const refusals = new Map(); // photo id -> reason code

  const mine = () => held !== null;
  const open = () => known?.review.state === "waiting";
  const photo = () => known.photos[at];

  async function load() {
    try {
      known = await page.desk.read(id);
      failure = "";
    } catch (error) {
      if (ended) return;
      failure = page.failed(error);
    }
    if (ended) return;
    draw({});
    if (known && open() && known.review.lease?.yours && !mine()) claim();
  }

  /** Run one request at a time and show its error. */
  async function run(doing) {
    if (busy || ended) return;
    busy = true;
    try {
      await doing();
    } catch (error) {
      if (ended) return;
      if (error.status === 409 && mine()) await lost();
      else failure = page.failed(error);
    } finally {
      busy = false;
      if (!ended) draw({});
    }
  }

  function hidePictures() {
    clear.clear();
    dropPicture();
  }

  async function lost() {
    held?.end();
    held = null;
    hidePictures();
    notice = t("case.lost");
    say(notice, true);
    known = await page.desk.read(id).catch(() => known);
  }

  const claim = () =>
    run(async () => {
      const claimed = await page.desk.claim(id);
      failure = notice = "";
      known.review.lease = { yours: true, until: claimed.until };
      held?.end();
      held = lease({
        until: claimed.until,
        seconds: claimed.heartbeat_seconds,
        beat: () => page.desk.heartbeat(id),
        ticked,
        lost: () => lost().then(() => ended || draw({})),
      });
      say(t("case.claimed"));
    });

  let saidIdle = false;
  let left = { seconds: 0, share: 1 }; // of the lease
  function ticked(seconds, share, idle) {
    left = { seconds, share };
    const timer = document.getElementById("timer");
    if (!timer) return;
    timer.querySelector("b").textContent = clock(seconds);
    timer.querySelector("meter").value = share;
    timer.classList.toggle("short", idle);
    if (idle && !saidIdle) say(t("case.ends", seconds), true);
    saidIdle = idle;
  }

  const release = () =>
    run(async () => {
      await page.desk.release(id);
      held?.end();
      held = null;
      hidePictures();
      known.review.lease = null;
      say(t("case.released"));
    });

  const reveal = () =>
    run(async () => {
      const name = photo().photo_id;
      if (clear.has(name)) {
        clear.delete(name);
        return say(t("case.hidden", name));
      }
      const shown = await page.desk.reveal(id, name);
      failure = "";
      if (!mine()) return; // the lease was lost during the request
      clear.set(name, shown.url);
      page.expose(shown.exposure);
      say(t("case.revealed", name, shown.exposure.used, shown.exposure.limit));
    });

  function needsLease(doing) {
    return () => {
      if (mine() && open()) return doing();
      if (open()) say(t("case.unclaimed"), true);
    };
  }

  function select(number) {
    if (number < 0 || number >= known.photos.length) return;
    at = number;
    draw({});
    say(t("case.photo", at + 1, known.photos.length));
  }

  function refuse(name, code) {
    if (code) refusals.set(name, code);
    else refusals.delete(name);
    replace(document.getElementById("film"), film());
    replace(document.getElementById("outcome"), outcome(known, { photo: photo(), refusals, decide }));
  }

  const film = () => filmstrip(known.photos, { at, refusals, clear, select });

  async function decide(approve) {
    if (approve && refusals.size) return say(t("decide.remove_reasons_first"), true);
    if (!approve && !refusals.size) {
      document.getElementById("reason")?.focus();
      return say(t("decide.reason_first"), true);
    }
    const photos = [...refusals].map(([photo_id, reason]) => ({ photo_id, reason }));
    if (!(await askToDecide(known, photos)) || !mine()) return;
    await run(async () => {
      await page.desk.decide(id, photos);
      held.end();
      held = null;
      hidePictures();
      say(t(approve ? "decide.approved" : "decide.refused", short(id)));
      page.go("/queue");
    });
  }

  const toggleHistory = () =>
    run(async () => {
      history = history ? null : (await page.desk.audit(id)).entries;
      if (history) requestAnimationFrame(() => document.getElementById("history")?.focus());
    });

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
      : h("p", { class: "lease-line faint" }, t(known.review.lease ? "case.taken" : "case.unclaimed"));

  const button = (id, words, key, handler, more = {}) =>
    h("button", { class: "button", id, onclick: handler, ...more }, t(words), " ", h("kbd", { "aria-hidden": "true" }, key));

  function bind() {
    bindView([
      { keys: ["c"], words: "keys.claim", handler: () => open() && claim() },
      { keys: ["x"], words: "keys.release", handler: needsLease(release) },
      { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"], words: "keys.photo", handler: (key) => select((Number(key) + 9) % 10) },
      { keys: ["ArrowLeft", "ArrowRight"], words: "keys.step", handler: (key) => select(at + (key === "ArrowLeft" ? -1 : 1)) },
      { keys: ["r"], words: "keys.reveal", handler: needsLease(reveal) },
      { keys: ["b"], words: "keys.boxes", handler: toggleBoxes },
      { keys: ["m"], words: "keys.reason", handler: needsLease(() => document.getElementById("reason")?.focus()) },
      { keys: ["a"], words: "keys.approve", handler: needsLease(() => decide(true)) },
      { keys: ["d"], words: "keys.refuse", handler: needsLease(() => decide(false)) },
      { keys: ["h"], words: "keys.history", handler: toggleHistory },
      { keys: ["Escape"], words: "keys.leave", handler: leave },
    ]);
  }

  /** Escape leaves the list of reasons first, then the case. */
  function leave() {
    if (document.activeElement?.tagName === "SELECT") document.getElementById("title").focus({ preventScroll: true });
    else page.go("/queue");
  }

  function toggleBoxes() {
    boxes = !boxes;
    draw({});
  }

  const assurance = (one) => t("case.age_assurance.of", one.over_age, named("method", one.method), one.days);

  const about = (review) =>
    h(
      "dl",
      { class: "about" },
      [
        [t("queue.severity"), h("span", { class: `severity ${review.severity}` }, t(`severity.${review.severity}`))],
        review.kind === "appeal" && [t("queue.case"), t("kind.appeal")],
        [t("case.opened"), h("time", { datetime: review.opened_at, title: moment(review.opened_at) }, relative(review.opened_at))],
        [t("case.decide_by"), h("time", { datetime: review.decide_by, title: moment(review.decide_by) }, relative(review.decide_by))],
        known.age_assurance && [t("case.age_assurance"), assurance(known.age_assurance)],
        known.policy_version && [t("case.policy"), known.policy_version],
        known.detector_version && [t("case.detector"), known.detector_version],
      ]
        .filter(Boolean)
        .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    );

  function draw({ arrive }) {
    const title = t("case", short(id));
    const head = h("div", { class: "row head" }, h("h1", { id: "title", tabindex: "-1" }, title), h("a", { href: "#/queue", id: "back" }, t("case.back")));
    if (!known) {
      bindView([{ keys: ["Escape"], words: "keys.leave", handler: leave }]);
      return page.show([head, h("p", { class: failure ? "note bad" : "faint" }, failure || t("loading"))], { arrive, title });
    }
    bind();
    const total = known.photos.length;
    page.show(
      [
        head,
        about(known.review),
        failure && h("p", { class: "note bad" }, failure),
        notice && h("p", { class: "note warn" }, notice),
        h(
          "div",
          { class: "bar card" },
          open() ? leaseLine() : verdict(known),
          h(
            "div",
            { class: "row" },
            open() && !mine() && button("claim", "case.claim", "c", claim, { class: "button main" }),
            open() && mine() && button("release", "case.release", "x", release),
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
            total > 0 && stage(photo(), { number: at + 1, total, url: clear.get(photo().photo_id), boxes, mayReveal: mine() && open(), reveal, toggleBoxes }),
          ),
          h(
            "div",
            { class: "decide" },
            total > 0 && facts(photo()),
            open() && mine() && decisionPanel(known, { photo: photo(), refusals, refuse, decide }),
          ),
        ),
        history && auditList(history, page.me()),
      ],
      { arrive, title },
    );
  }

  return {
    draw(how) {
      draw(how);
      if (!known) load();
    },
    end() {
      ended = true;
      if (held) page.desk.release(id).catch(() => {}); // leaving a case releases it
      held?.end();
      held = null;
      hidePictures();
    },
  };
}
