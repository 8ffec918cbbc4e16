/** The lease of a claimed case: its timer, and its heartbeats while the moderator is active. */

import { now } from "./api.js";

export const IDLE = 4 * 60_000; // ms without input; heartbeats stop, so that an absent moderator holds no case

let touched = Date.now();

/** ms since the last key, click or touch. */
export const idleFor = () => Date.now() - touched;

for (const kind of ["keydown", "pointerdown", "pointermove", "touchstart"]) {
  addEventListener(kind, () => (touched = Date.now()), { passive: true, capture: true });
}

/**
 * Keep a lease until `end()`. `ticked(seconds, share, idle)` is called each second; `lost(kind)`
 * is called once, when the lease ran out or the API refused a heartbeat with an error of that kind.
 *
 * @param {object} given
 * @param {string} given.until
 * @param {number} given.seconds between heartbeats
 * @param {() => Promise<{until: string}>} given.beat
 * @param {(seconds: number, share: number, idle: boolean) => void} given.ticked
 * @param {(kind: string) => void} given.lost
 */
export function lease({ until, seconds, beat, ticked, lost }) {
  let ends = Date.parse(until);
  const whole = Math.max(1, ends - now());
  // The clocks differ by up to a second: the timer does not begin above the lease's whole seconds.
  /** @param {number} left */
  const shown = (left) => Math.min(Math.ceil(left / 1000), Math.round(whole / 1000));
  let beats = Date.now() + seconds * 1000;
  let over = false;

  const end = () => {
    over = true;
    clearInterval(timer);
  };
  const lose = (kind = "") => {
    if (over) return;
    end();
    lost(kind);
  };
  const tick = async () => {
    const left = ends - now();
    if (left <= 0) return lose();
    const idle = idleFor() > IDLE;
    ticked(shown(left), left / whole, idle);
    if (idle || Date.now() < beats) return;
    beats = Date.now() + seconds * 1000;
    try {
      ends = Date.parse((await beat()).until);
    } catch (error) {
      if (error.status === 409 || error.status === 403) lose(error.kind);
      else beats = Date.now() + 5000; // the lease still runs: retry soon
    }
  };
  const timer = setInterval(tick, 1000);
  ticked(shown(ends - now()), 1, false);
  return { end };
}
