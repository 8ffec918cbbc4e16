"""The container's progress becomes a few stored numbers that never fall."""

from datetime import timedelta

import pytest

from likeness.contracts.container import GenerationProgress
from likeness.domain.jobs.job import JobState, Wait, WaitingFor
from likeness.services.generation.note_progress import note_progress
from tests.builders import JOB, NOW, a_job
from tests.fakes import FakeClock, FakeJobs


def note(job_id, attempt, **ports):
    return note_progress(job_id, attempt, clock=FakeClock(), **ports)


class Files:
    """The container's file."""

    def __init__(self, done: int, total: int) -> None:
        self.file: GenerationProgress | None = GenerationProgress(
            stage="drawing", done=done, total=total
        )

    def progress(self, job_id, attempt):
        return self.file


def a_running_job(avatars: int = 30, attempt: int = 1) -> FakeJobs:
    jobs = FakeJobs()
    jobs.create(a_job(JobState.GENERATING, avatars=avatars, attempt=attempt), [])
    return jobs


@pytest.mark.parametrize(
    ("of", "goes_on"), [(WaitingFor.CAPACITY, True), (WaitingFor.DETECTOR, False)]
)
def test_a_job_that_is_drawn_does_not_wait_for_an_instance(of, goes_on):
    wait = Wait(of=of, since=NOW - timedelta(minutes=5))
    jobs = FakeJobs()
    jobs.create(a_job(JobState.GENERATING, attempt=1, waits=(wait,)), [])

    note(JOB, 1, jobs=jobs, work=Files(0, 4))

    ended = wait.model_copy(update={"until": NOW})
    assert jobs.get(JOB).waits == ((ended if goes_on else wait),)


def test_avatars_of_a_style_that_is_off_do_not_count():
    jobs = FakeJobs()
    off = {"styles": ("comic", "oil"), "styles_off": ("oil",), "avatars": 10}
    jobs.create(a_job(JobState.GENERATING, attempt=1, **off), [])

    assert [note(JOB, 1, jobs=jobs, work=Files(n, 5)) for n in range(6)] == [None, 1, 2, 3, 4, 5]


def test_every_tenth_part_is_stored_and_the_end():
    jobs = a_running_job()

    noted = [note(JOB, 1, jobs=jobs, work=Files(n, 30)) for n in range(31)]

    assert [n for n in noted if n] == [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_of_few_avatars_each_is_stored():
    jobs = a_running_job(avatars=2)

    assert [note(JOB, 1, jobs=jobs, work=Files(n, 2)) for n in range(3)] == [None, 1, 2]


def test_the_last_step_may_be_smaller():
    jobs = a_running_job(avatars=11)

    noted = [note(JOB, 1, jobs=jobs, work=Files(n, 11)) for n in range(12)]

    assert [n for n in noted if n] == [2, 4, 6, 8, 10, 11]


def test_a_file_that_is_read_twice_or_late_stores_nothing():
    jobs = a_running_job()
    note(JOB, 1, jobs=jobs, work=Files(12, 30))

    assert note(JOB, 1, jobs=jobs, work=Files(12, 30)) is None
    assert note(JOB, 1, jobs=jobs, work=Files(6, 30)) is None
    assert jobs.progress[JOB] == 12


def test_in_attempt_2_the_avatars_of_attempt_1_count():
    jobs = a_running_job(attempt=2)
    jobs.save_progress(JOB, done=24, total=30, step=3)

    noted = [note(JOB, 2, jobs=jobs, work=Files(n, 8)) for n in range(9)]

    assert [n for n in noted if n] == [27, 30]


@pytest.mark.parametrize(
    ("state", "attempt"), [(JobState.FINISHING, 1), (JobState.GENERATING, 2), (JobState.FAILED, 1)]
)
def test_a_file_of_another_attempt_or_an_ended_one_stores_nothing(state, attempt):
    jobs = FakeJobs()
    jobs.create(a_job(state, attempt=1), [])

    assert note(JOB, attempt, jobs=jobs, work=Files(4, 4)) is None


def test_a_job_that_was_erased_and_a_file_that_is_gone_store_nothing():
    files = Files(4, 4)
    assert note(JOB, 1, jobs=FakeJobs(), work=files) is None
    files.file = None
    assert note(JOB, 1, jobs=a_running_job(), work=files) is None
