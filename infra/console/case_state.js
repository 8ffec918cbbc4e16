/**
 * The states of a case at the desk, without a page: an event goes in, the next state comes out.
 *
 *     reading -> free <-> mine -> pending -> closed
 *                  \        \-> late
 *
 * `free`: not yours; perhaps another moderator has it. `mine`: you hold the lease. `pending`: your
 * decision takes effect at `until`, and can be undone. `late`: its deadline has passed.
 */

/** @import { ErrorKind, ReviewSummary } from "#api" */

/** @typedef {"reading" | "free" | "mine" | "pending" | "closed" | "late"} Name */

/**
 * @typedef {{kind: "read", review: ReviewSummary} | {kind: "claimed" | "renewed", until: string}
 *   | {kind: "decided", undoUntil?: string | null} | {kind: "released" | "expired"} | {kind: "error", error: string}
 *   | {kind: "tick"}} Event
 */

/**
 * @typedef {object} CaseState
 * @property {Name} name
 * @property {boolean} taken another moderator holds the lease
 * @property {number} until ms: the end of the lease, or of the time to undo
 * @property {string} notice a key of the words: why the state changed without the moderator
 */

/** @type {CaseState} */
export const READING = Object.freeze({ name: "reading", taken: false, until: 0, notice: "" });

/** @typedef {{name: Name, taken: boolean, notice: string}} Loss */

/** @type {Loss} */
const EXPIRED = { name: "free", taken: false, notice: "case.lost" };

/**
 * What an error of the API says about the case.
 * @type {Partial<Record<ErrorKind, Loss>>}
 */
const ERRORS = {
  NoLease: EXPIRED,
  CaseTaken: { name: "free", taken: true, notice: "case.lost.other" },
  CaseDecided: { name: "closed", taken: false, notice: "case.lost.decided" },
  DeadlinePassed: { name: "late", taken: false, notice: "case.late" },
};

/** Other errors say nothing about the case. @param {string} error @returns {Loss | undefined} */
const lossOf = (error) => ERRORS[/** @type {ErrorKind} */ (error)];

/**
 * @param {CaseState} state
 * @param {Event} event
 * @param {number} now ms, by the server's clock
 * @returns {CaseState}
 */
export function next(state, event, now) {
  switch (event.kind) {
    case "read":
      return fromReview(state, event.review, now);
    case "claimed":
      return { ...READING, name: "mine", until: Date.parse(event.until) };
    case "renewed":
      return state.name === "mine" ? { ...state, until: Date.parse(event.until) } : state;
    case "released":
      return state.name === "mine" ? { ...READING, name: "free" } : state;
    case "decided":
      return event.undoUntil
        ? { ...READING, name: "pending", until: Date.parse(event.undoUntil) }
        : { ...READING, name: "closed" };
    case "expired":
      return lost(state, EXPIRED);
    case "error":
      return lost(state, lossOf(event.error));
    case "tick":
      return ticked(state, now);
  }
}

/**
 * An answer to a read does not take a lease away that this page holds: the lease's end does.
 * @param {CaseState} state
 * @param {ReviewSummary} review
 * @param {number} now
 * @returns {CaseState}
 */
function fromReview(state, review, now) {
  if (review.undo_until && Date.parse(review.undo_until) > now)
    return { ...READING, name: "pending", until: Date.parse(review.undo_until) };
  if (review.state !== "waiting")
    return { ...READING, name: "closed", notice: state.name === "closed" ? state.notice : "" };
  if (Date.parse(review.decide_by) <= now) return { ...READING, name: "late", notice: "case.late" };
  if (state.name === "mine" && review.lease?.yours) return state;
  const notice = state.name === "free" ? state.notice : "";
  return { ...READING, name: "free", taken: Boolean(review.lease && !review.lease.yours), notice };
}

/**
 * Only a case that was the moderator's is lost to them; otherwise it is just not free.
 * @param {CaseState} state
 * @param {Loss | undefined} found
 * @returns {CaseState}
 */
function lost(state, found) {
  if (!found) return state;
  return {
    ...READING,
    ...found,
    notice: state.name === "mine" || found.name !== "free" ? found.notice : found.taken ? "case.taken" : "",
  };
}

/** @param {CaseState} state @param {number} now @returns {CaseState} */
function ticked(state, now) {
  if (state.until > now) return state;
  if (state.name === "mine") return lost(state, EXPIRED);
  if (state.name === "pending") return { ...READING, name: "closed" };
  return state;
}
