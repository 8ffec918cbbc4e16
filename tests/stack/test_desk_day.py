"""A day at the desk: three moderators and a lead work many cases at once, each once.

DESK_CASES=200 pytest tests/stack/test_desk_day.py -m stack
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.stack.moderators import ReviewDesk, signed_in
from tests.stack.people import Person, until

CASES = int(os.environ.get("DESK_CASES", "24"))
REASON = "POLICY.GESTURE"  # of no other test: each moderator asks for these cases only
WANTED = {"queues": [], "severities": [], "reasons": [REASON]}
PHOTOS = [f"these bytes are no picture: {n}".encode() for n in (1, 2, 3)]
PLAN = {"photos": [{"photo_id": "p01", "outcome": "doubtful", "reason": REASON}]}


@dataclass
class Shift:
    """What one moderator did: review id -> refused; and the cases that they passed to a lead."""

    decided: dict[str, bool] = field(default_factory=dict)
    escalated: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    statuses: Counter = field(default_factory=Counter)


@pytest.fixture
def people(backend):
    """The person of each job that waits for a moderator."""

    def order(_):
        person = Person(backend)
        job_id = person.hands_in(*PHOTOS, avatars=2, test=PLAN)
        backend.submit_job(job_id)
        until(lambda: backend.get_job(job_id)["state"] == "in_review")
        return job_id, person

    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(order, range(CASES)))


@pytest.fixture
def lead(running, http):
    return ReviewDesk(running, http)


@pytest.fixture
def moderators(running, http, ops):
    with ExitStack() as stack:
        yield [
            ReviewDesk(running, http, token)
            for token in (
                stack.enter_context(signed_in(running, ops, f"day-{n}", "moderators"))
                for n in range(3)
            )
        ]


def number(review):
    """The same for everyone: what a moderator does with a case follows from its id."""
    return int(review[-4:], 16)


def works(desk, *, lead=False):
    """Claim the next case until none is left. The lead works what all three skip."""
    shift = Shift()

    def act(review, action, body=None, method="POST"):
        status, found = desk.call(method, f"/v1/reviews/{review}/{action}", body)
        shift.statuses[status] += 1
        return found

    while True:
        status, found = desk.call("POST", "/v1/reviews/next", WANTED)
        shift.statuses[status] += 1
        if not found["case"]:
            return shift
        review = found["case"]["review"]["review_id"]
        if not lead and number(review) % 8 == 0:
            act(review, "escalate", {"note": "Is this a greeting?"})
            shift.escalated.add(review)
        elif not lead and number(review) % 8 == 1 and not shift.skipped:
            act(review, "skip", {"reason": "unsure"})
            shift.skipped.add(review)
        else:
            refused = number(review) % 2 == 1
            act(review, "reveal", {"photo_id": "p01", "level": "soft"})
            if number(review) % 8 == 2:  # the wrong decision, taken back
                act(review, "decision", {"approve": True, "photos": []})
                act(review, "decision", method="DELETE")
            photos = [{"photo_id": "p01", "reason": REASON}] if refused else []
            act(review, "decision", {"approve": not refused, "photos": photos})
            shift.decided[review] = refused


def test_three_moderators_and_a_lead_work_a_day_of_cases(people, moderators, lead):
    """Moderators sign in last: their tokens are valid for ten minutes."""
    with ThreadPoolExecutor(len(moderators)) as pool:
        shifts = list(pool.map(works, moderators))
    rest = works(lead, lead=True)

    assert {status for shift in (*shifts, rest) for status in shift.statuses} == {200}
    decided = [shift.decided for shift in (*shifts, rest)]
    assert sum(map(len, decided)) == CASES, "each case was decided once"
    ends = {"j" + review[1:]: refused for one in decided for review, refused in one.items()}
    assert ends.keys() == people.keys()
    passed_on = set().union(*(shift.escalated for shift in shifts))
    assert passed_on <= rest.decided.keys(), "a lead decides what moderators escalate"
    for job_id, refused in ends.items():
        job = people[job_id].sees_end(job_id)
        assert job["state"] == ("refused" if refused else "completed")
        assert (job["reason"] or {}).get("code") == (REASON if refused else None)
    review = next(iter(rest.decided), None) or next(iter(decided[0]))
    actions = [
        one["action"] for one in lead.call("GET", f"/v1/reviews/{review}/audit")[1]["entries"]
    ]
    assert actions[0] == "opened"
    assert actions[-1] == "completed"
