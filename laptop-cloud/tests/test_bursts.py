"""A burst of calls of one function."""

from __future__ import annotations

import threading
import time

from laptop_cloud.extension.bursts import Queue


def test_a_caller_gets_a_place_that_another_leaves() -> None:
    queue = Queue(places=1)
    assert queue.enter(0)
    threading.Timer(0.05, queue.leave).start()

    assert queue.enter(5)


def test_of_those_who_waited_too_long_one_at_a_time_is_let_in() -> None:
    queue = Queue(places=1, pause_s=0.2)
    queue.enter(0)
    let_in: list[float] = []
    began = time.monotonic()

    def wait() -> None:
        assert not queue.enter(0.1)
        let_in.append(time.monotonic() - began)

    callers = [threading.Thread(target=wait) for _ in range(3)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()

    first, second, third = sorted(let_in)
    # From the beginning, because a busy machine notes one caller late and the next in time.
    assert first >= 0.1
    assert second >= 0.3
    assert third >= 0.5
