/** The states of a case at the desk: each event in each state, without a page. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { next, READING } from "../../infra/console/case_state.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const at = (seconds) => new Date(NOW + 1000 * seconds).toISOString();
const review = (changes = {}) => ({ state: "waiting", decide_by: at(3600), lease: null, undo_until: null, ...changes });
const read = (changes) => next(READING, { kind: "read", review: review(changes) }, NOW);
const mine = next(read(), { kind: "claimed", until: at(120) }, NOW);
const pending = next(mine, { kind: "decided", undoUntil: at(10) }, NOW);

test("a read says whether the case is free, taken, late, pending or closed", () => {
  assert.equal(read().name, "free");
  assert.equal(read().taken, false);
  assert.equal(read({ lease: { yours: false, until: at(60) } }).taken, true);
  assert.equal(read({ decide_by: at(-1) }).name, "late");
  assert.equal(read({ state: "approved" }).name, "closed");
  assert.equal(read({ state: "approved", undo_until: at(5) }).name, "pending");
  assert.equal(read({ state: "approved", undo_until: at(-5) }).name, "closed");
});

test("a claimed case is the moderator's until its lease ends", () => {
  assert.equal(mine.name, "mine");
  assert.equal(next(mine, { kind: "tick" }, NOW + 119_000), mine);
  const lost = next(mine, { kind: "tick" }, NOW + 120_000);
  assert.deepEqual([lost.name, lost.notice], ["free", "case.lost"]);
});

test("a heartbeat renews the lease, and none of a case that is not the moderator's", () => {
  const renewed = next(mine, { kind: "renewed", until: at(240) }, NOW);
  assert.equal(next(renewed, { kind: "tick" }, NOW + 200_000).name, "mine");
  assert.equal(next(read(), { kind: "renewed", until: at(240) }, NOW).name, "free");
});

test("a read while the lease runs does not take the case away", () => {
  const again = next(mine, { kind: "read", review: review({ lease: { yours: true, until: at(90) } }) }, NOW);
  assert.equal(again, mine);
});

test("each kind of error that is about the case says what became of it", () => {
  const after = (error) => next(mine, { kind: "error", error }, NOW);
  assert.deepEqual([after("NoLease").name, after("NoLease").taken], ["free", false]);
  assert.deepEqual([after("CaseTaken").name, after("CaseTaken").taken], ["free", true]);
  assert.equal(after("CaseDecided").name, "closed");
  assert.equal(after("DeadlinePassed").name, "late");
  for (const other of ["Unavailable", "ConcurrentChange", "ExposureUsed", ""]) assert.equal(after(other), mine);
});

test("an error about a case that was never the moderator's says nothing of a loss", () => {
  assert.equal(next(read(), { kind: "error", error: "NoLease" }, NOW).notice, "");
  assert.equal(next(read(), { kind: "error", error: "CaseTaken" }, NOW).notice, "case.taken");
});

test("a decision is pending until it takes effect, then closed", () => {
  assert.equal(pending.name, "pending");
  assert.equal(next(pending, { kind: "tick" }, NOW + 9_000), pending);
  assert.equal(next(pending, { kind: "tick" }, NOW + 10_000).name, "closed");
  assert.equal(next(mine, { kind: "decided", undoUntil: null }, NOW).name, "closed");
});

test("a released case is free, and an undone one the moderator's again", () => {
  assert.equal(next(mine, { kind: "released" }, NOW).name, "free");
  assert.equal(next(pending, { kind: "claimed", until: at(130) }, NOW).name, "mine");
});
