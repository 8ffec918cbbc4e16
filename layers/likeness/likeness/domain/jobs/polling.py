"""When a job is worth reading again. Events say it at once; polling is for callers without them."""

from likeness.domain.jobs.job import JobState

SOON_S = 2  # a verdict about a photo takes seconds
USUAL_S = 5
SLOW_S = 60  # a moderator, an instance or operators
TEST_S = 1  # a test job ends in seconds


def poll_after_s(
    state: JobState,
    *,
    checking: bool,
    waits: bool,
    settled: bool,
    p50_s: int | None,
    test: bool,
) -> int | None:
    """Seconds until the job has probably changed; None if it does not change by itself any more.

    `checking`: photos have no verdict. `settled`: the job ended, its deletion is verified, and no
    appeal is open.
    A job with an estimate is read about four times until its median end.
    """
    if settled:
        return None
    if test:
        return TEST_S
    if state is JobState.OPEN:
        return SOON_S if checking else USUAL_S
    if waits or state is JobState.IN_REVIEW:
        return SLOW_S
    if p50_s is None:
        return USUAL_S
    return min(SLOW_S, max(SOON_S, p50_s // 4))
