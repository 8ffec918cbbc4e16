"""A rate allows so many calls a second."""

from __future__ import annotations

from laptop_cloud.extension.quotas import Rate


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_rate_allows_its_calls_at_once_and_then_one_for_each_part_of_a_second() -> None:
    clock = Clock()
    rate = Rate(5, clock)

    assert [rate.take() for _ in range(7)] == [True] * 5 + [False] * 2
    clock.now += 0.2
    assert [rate.take(), rate.take()] == [True, False]


def test_a_pause_saves_no_more_than_the_calls_of_one_second() -> None:
    clock = Clock()
    rate = Rate(5, clock)
    clock.now += 3600

    assert sum(rate.take() for _ in range(20)) == 5
