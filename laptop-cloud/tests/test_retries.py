"""How often and how long a call is retried."""

from __future__ import annotations

import pytest

from laptop_cloud.extension.retries import BUSY_PAUSE_S, Busy, Retryable, RetryPolicy


class Clock:
    """Time passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps.append(seconds)


class Work:
    """Raises the given errors, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


def run(policy: RetryPolicy, work: Work, clock: Clock) -> int:
    return policy.run(work, sleep=clock.sleep, now=lambda: clock.now)


def test_success_uses_no_retry() -> None:
    assert run(RetryPolicy(retries=2, age_s=60), Work(), Clock()) == 0


def test_failures_are_retried_with_growing_pauses() -> None:
    clock = Clock()
    work = Work(Retryable(), Retryable(), Retryable())

    used = run(RetryPolicy(retries=5, age_s=600, longest_s=3), work, clock)

    assert used == 3
    assert clock.naps == [1.0, 2.0, 3.0]


def test_the_last_failure_is_raised_after_the_retries() -> None:
    work = Work(*[Retryable(str(n)) for n in range(9)])

    with pytest.raises(Retryable, match="2"):
        run(RetryPolicy(retries=2, age_s=600), work, Clock())
    assert work.calls == 3


def test_nothing_is_tried_beyond_its_age() -> None:
    work = Work(*[Retryable()] * 9)

    with pytest.raises(Retryable):
        run(RetryPolicy(retries=100, age_s=4), work, Clock())
    assert work.calls == 3  # at 0, 1 and 3 s; the next would be at 7 s


def test_being_busy_uses_no_retry() -> None:
    clock = Clock()
    work = Work(*[Busy()] * 20, Retryable())

    assert run(RetryPolicy(retries=1, age_s=600), work, clock) == 1
    assert clock.naps[:20] == [BUSY_PAUSE_S] * 20


def test_another_error_is_raised_at_once() -> None:
    work = Work(KeyError("gone"))

    with pytest.raises(KeyError):
        run(RetryPolicy(retries=5, age_s=600), work, Clock())
    assert work.calls == 1
