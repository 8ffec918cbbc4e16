/** A claimed case: its timer, and the heartbeats that keep it while somebody is there. */

import { now } from "./api.js";

const IDLE = 4 * 60_000; // ms without a key, a pointer or a touch: whoever left must not hold a case

let touched = Date.now();
for (const kind of ["keydown", "pointerdown", "pointermove", "touchstart"]) {
  addEventListener(kind, () => (touched = Date.now()), { passive: true, capture: true });
}

/**
 * Keep a lease until `end()`. `ticked(seconds, idle)` is called each second, `lost()` once when it
 * ran out or the desk says that it is somebody else's.
 */
export function lease({ until, seconds, beat, ticked, lost }) {
  let ends = Date.parse(until);
  const whole = Math.max(1, ends - now());
  let beats = Date.now() + seconds * 1000;
  let over = false;

  const end = () => {
    over = true;
    clearInterval(timer);
  };
  const lose = () => {
    if (over) return;
    end();
    lost();
  };
  const tick = async () => {
    const left = ends - now();
    if (left <= 0) return lose();
    const idle = Date.now() - touched > IDLE;
    ticked(Math.ceil(left / 1000), left / whole, idle);
    if (idle || Date.now() < beats) return;
    beats = Date.now() + seconds * 1000;
    try {
      ends = Date.parse((await beat()).until);
    } catch (problem) {
      if (problem.status === 409 || problem.status === 403) lose();
      else beats = Date.now() + 5000; // no answer: the lease still runs, so ask again soon
    }
  };
  const timer = setInterval(tick, 1000);
  ticked(Math.ceil((ends - now()) / 1000), 1, false);
  return { end };
}
