/** One case: claim it, look at its photos, decide. The parts are in the files beside this one. */

import { h, replace, say } from "../dom.js";
import { clock, moment, relative, short } from "../format.js";
import { bindView } from "../keys.js";
import { lease } from "../lease.js";
import { t } from "../words.js";
import { auditList } from "./audit.js";
import { askToDecide, decisionPanel, outcome, verdict } from "./decision.js";
import { facts } from "./facts.js";
import { filmstrip, forget, stage } from "./photo.js";

export function caseView(page, id) {
  let known = null; // the case, as the desk told it
  let failure = "";
  let notice = ""; // what happened to the lease
  let held = null; // our lease
  let at = 0; // the photo that is looked at
  let boxes = true;
  let history = null; // the audit log, when shown
  let busy = false;
  let ended = false;
  const clear = new Map(); // photo id -> link of its clear picture, as long as it is shown
  const marks = new Map(); // photo id -> reason code

  const mine = () => held !== null;
  const open = () => known?.review.state === "waiting";
  const photo = () => known.photos[at];

  async function load() {
    try {
      known = await page.desk.read(id);
      failure = "";
    } catch (problem) {
      if (ended) return;
      failure = page.failed(problem);
    }
    if (ended) return;
    draw({});
    if (known && open() && known.review.lease?.yours && !mine()) claim();
  }

  /** Do one thing at a time, and say what went wrong. */
  async function act(doing) {
    if (busy || ended) return;
    busy = true;
    try {
      await doing();
    } catch (problem) {
      if (ended) return;
      if (problem.status === 409 && mine()) await lost();
      else failure = page.failed(problem);
    } finally {
      busy = false;
      if (!ended) draw({});
    }
  }

  function conceal() {
    clear.clear();
    forget();
  }

  async function lost() {
    held?.end();
    held = null;
    conceal();
    notice = t("case.lost");
    say(notice, true);
    known = await page.desk.read(id).catch(() => known);
  }

  const claim = () =>
    act(async () => {
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
    act(async () => {
      await page.desk.release(id);
      held?.end();
      held = null;
      conceal();
      known.review.lease = null;
      say(t("case.released"));
    });

  const reveal = () =>
    act(async () => {
      const name = photo().photo_id;
      if (clear.has(name)) {
        clear.delete(name);
        return say(t("case.hidden", name));
      }
      const shown = await page.desk.reveal(id, name);
      failure = "";
      if (!mine()) return; // lost while the answer was on its way
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

  function look(number) {
    if (number < 0 || number >= known.photos.length) return;
    at = number;
    draw({});
    say(t("case.photo", at + 1, known.photos.length));
  }

  function mark(name, code) {
    if (code) marks.set(name, code);
    else marks.delete(name);
    replace(document.getElementById("film"), film());
    replace(document.getElementById("outcome"), outcome(known, { photo: photo(), marks, decide }));
  }

  const film = () => filmstrip(known.photos, { at, marks, clear, look });

  async function decide(approve) {
    if (approve && marks.size) return say(t("decide.unmark_first"), true);
    if (!approve && !marks.size) {
      document.getElementById("mark")?.focus();
      return say(t("decide.mark_first"), true);
    }
    const photos = [...marks].map(([photo_id, reason]) => ({ photo_id, reason }));
    if (!(await askToDecide(known, photos)) || !mine()) return;
    await act(async () => {
      await page.desk.decide(id, photos);
      held.end();
      held = null;
      conceal();
      say(t(approve ? "decide.approved" : "decide.refused", short(id)));
      page.go("/queue");
    });
  }

  const toggleHistory = () =>
    act(async () => {
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

  const button = (id, words, key, act, more = {}) =>
    h("button", { class: "button", id, onclick: act, ...more }, t(words), " ", h("kbd", { "aria-hidden": "true" }, key));

  function bind() {
    bindView([
      { keys: ["c"], words: "keys.claim", act: () => open() && claim() },
      { keys: ["x"], words: "keys.release", act: needsLease(release) },
      { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"], words: "keys.photo", act: (key) => look((Number(key) + 9) % 10) },
      { keys: ["ArrowLeft", "ArrowRight"], words: "keys.step", act: (key) => look(at + (key === "ArrowLeft" ? -1 : 1)) },
      { keys: ["r"], words: "keys.reveal", act: needsLease(reveal) },
      { keys: ["b"], words: "keys.boxes", act: toggleBoxes },
      { keys: ["m"], words: "keys.mark", act: needsLease(() => document.getElementById("mark")?.focus()) },
      { keys: ["a"], words: "keys.approve", act: needsLease(() => decide(true)) },
      { keys: ["d"], words: "keys.refuse", act: needsLease(() => decide(false)) },
      { keys: ["h"], words: "keys.history", act: toggleHistory },
      { keys: ["Escape"], words: "keys.leave", act: leave },
    ]);
  }

  /** Escape first leaves the list of reasons, then the case. */
  function leave() {
    if (document.activeElement?.tagName === "SELECT") document.getElementById("title").focus({ preventScroll: true });
    else page.go("/queue");
  }

  function toggleBoxes() {
    boxes = !boxes;
    draw({});
  }

  const about = (review) =>
    h(
      "dl",
      { class: "about" },
      [
        [t("queue.severity"), h("span", { class: `severity ${review.severity}` }, t(`severity.${review.severity}`))],
        review.kind === "appeal" && [t("queue.case"), t("kind.appeal")],
        [t("case.opened"), h("time", { datetime: review.opened_at, title: moment(review.opened_at) }, relative(review.opened_at))],
        [t("case.decide_by"), h("time", { datetime: review.decide_by, title: moment(review.decide_by) }, relative(review.decide_by))],
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
      bindView([{ keys: ["Escape"], words: "keys.leave", act: leave }]);
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
            { class: "look", "aria-label": t("case.photos") },
            h("div", { id: "film" }, film()),
            total > 0 && stage(photo(), { number: at + 1, total, link: clear.get(photo().photo_id), boxes, mayReveal: mine() && open(), reveal, toggleBoxes }),
          ),
          h(
            "div",
            { class: "judge" },
            total > 0 && facts(photo()),
            open() && mine() && decisionPanel(known, { photo: photo(), marks, mark, decide }),
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
      if (held) page.desk.release(id).catch(() => {}); // whoever leaves a case gives it back
      held?.end();
      held = null;
      conceal();
    },
  };
}
