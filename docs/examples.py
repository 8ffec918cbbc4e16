"""Examples of the API's messages: one job in each of its states, and what belongs to it.

Fields that are not named have their default. tests/infra/test_openapi.py checks the examples
against the models and against each other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from likeness.adapters.policy_files import load_reasons, load_tiers
from likeness.api.account import ErasureView, QuotaView
from likeness.api.job_view import JobView
from likeness.api.jobs import CreateJob, JobCreated, JobsView
from likeness.api.message import ErrorBody, Message
from likeness.domain.account.erasure import RETAINED
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.presenters.account import tier_view
from likeness.presenters.jobs import DECISION, HOW_TO_APPEAL
from likeness.presenters.reasons import reason_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    Json = dict[str, Any]

JOB = "j5f0c1d7e9a3b48268f1e0d2c4b6a7988"
USER = "user-1"
CARDS = load_reasons()
BUCKET = "https://likeness-prod-avatars-123456789012.s3.eu-central-1.amazonaws.com"
UPLOADS = "https://likeness-prod-photos-123456789012.s3.eu-central-1.amazonaws.com/"
JWS = "eyJhbGciOiJFUzI1NiJ9.eyJpc3N1ZXIiOiJsaWtlbmVzcy9wcm9kIn0.c2lnbmF0dXJl"
ORDER = {
    "user_id": USER,
    "styles": ["comic", "oil"],
    "photos": [{"content_type": "image/jpeg"}] * 3,
    "avatars": 2,
    "time_zone": "Europe/Berlin",
    "consent": {"version": "2026-11", "accepted_at": "2026-11-22T11:59:30Z"},
    "metadata": {"order": "2026-1187"},
}
TEST = {"photos": [{"photo_id": "p02", "outcome": "refused", "reason": "POLICY.NUDITY"}]}
# When the job enters each state. A running job may end badly from any state.
TIMES = {
    JobState.OPEN: "2026-11-22T12:00:00Z",
    JobState.MODERATING: "2026-11-22T12:02:00Z",
    JobState.IN_REVIEW: "2026-11-22T12:02:10Z",
    JobState.GENERATING: "2026-11-22T12:07:00Z",
    JobState.FINISHING: "2026-11-22T12:07:40Z",
    JobState.COMPLETED: "2026-11-22T12:08:00Z",
    JobState.REFUSED: "2026-11-22T12:07:00Z",
    JobState.CANCELLING: "2026-11-22T12:07:20Z",
    JobState.CANCELLED: "2026-11-22T12:07:30Z",
    JobState.EXPIRED: "2026-11-22T13:00:00Z",
    JobState.FAILED: "2026-11-22T12:09:00Z",
}
RUNNING = [JobState.OPEN, JobState.MODERATING, JobState.IN_REVIEW, JobState.GENERATING]
PATHS = {
    JobState.OPEN: RUNNING[:1],
    JobState.MODERATING: RUNNING[:2],
    JobState.IN_REVIEW: RUNNING[:3],
    JobState.GENERATING: RUNNING,
    JobState.FINISHING: [*RUNNING, JobState.FINISHING],
    JobState.COMPLETED: [*RUNNING, JobState.FINISHING, JobState.COMPLETED],
    JobState.REFUSED: [*RUNNING[:3], JobState.REFUSED],
    JobState.CANCELLING: [*RUNNING, JobState.CANCELLING],
    JobState.CANCELLED: [*RUNNING, JobState.CANCELLING, JobState.CANCELLED],
    JobState.EXPIRED: [JobState.OPEN, JobState.EXPIRED],
    JobState.FAILED: [*RUNNING, JobState.FAILED],
}
REASONS = {
    JobState.REFUSED: Reason.POLICY_VIOLENCE,
    JobState.CANCELLED: Reason.SYSTEM_CANCELLED,
    JobState.EXPIRED: Reason.SYSTEM_NOT_SUBMITTED,
    JobState.FAILED: Reason.SYSTEM_UNAVAILABLE,
}
DONE = {JobState.MODERATING: 0, JobState.GENERATING: 1, JobState.FINISHING: 2}
RETURNING = (JobState.CANCELLED, JobState.FAILED)


def _reason(reason: Reason) -> Json:
    found: Json = json.loads(reason_view(reason, CARDS).model_dump_json())
    return found


def _quota(state: JobState) -> Json:
    reserved = JobState.MODERATING in PATHS[state]
    spent = state in {JobState.COMPLETED, JobState.REFUSED}
    returned = state in RETURNING
    used = int(reserved and not returned)
    entry = {
        "job_id": JOB,
        "state": "spent" if spent else "returned" if returned else "reserved",
        "reason": REASONS.get(state),
        "reserved_at": TIMES[JobState.MODERATING],
        "settled_at": TIMES[state] if spent or returned else None,
    }
    return {
        "day": "2026-11-22",
        "time_zone": "Europe/Berlin",
        "time_zone_fixed_until": "2026-12-22T12:00:00Z",
        "tier": "lite",
        "tiers": [tier_view(tier, load_tiers()).model_dump() for tier in load_tiers().values()],
        "limit": 1,
        "used": used,
        "left": 1 - used,
        "next_day_begins_at": "2026-11-22T23:00:00Z",
        "entries": [entry] if reserved else [],
    }


def _photos(state: JobState) -> list[Json]:
    accepted = [{"photo_id": f"p0{n}", "state": "accepted"} for n in (1, 2, 3)]
    if state is JobState.REFUSED:
        broken = {"state": "refused", "problem": _reason(Reason.POLICY_VIOLENCE)}
        return [accepted[0] | broken, *accepted[1:]]
    if state in {JobState.OPEN, JobState.EXPIRED}:
        blurry = {
            "state": "refused",
            "problem": _reason(Reason.QUALITY_BLURRY),
            "box": {"left": 0.31, "top": 0.18, "width": 0.36, "height": 0.48},
        }
        awaited = {"photo_id": "p03", "state": "awaited"}
        return [accepted[0], accepted[1] | blurry, awaited]
    return accepted


def _statement() -> Json:
    ground = _reason(Reason.POLICY_VIOLENCE) | {
        "photo_id": "p01",
        "dsa_category": CARDS[Reason.POLICY_VIOLENCE].dsa_category,
        "dsa_keyword": CARDS[Reason.POLICY_VIOLENCE].dsa_keyword,
    }
    return {
        "issued_at": TIMES[JobState.REFUSED],
        "decision": DECISION,
        "grounds": [ground],
        "policy_version": "2026-11-22",
        "automated_detection": True,
        "automated_decision": False,
        "how_to_appeal": HOW_TO_APPEAL,
        "appeal_until": "2027-02-10T12:07:00Z",
    }


def _avatar(n: int, style: str, likeness: int) -> Json:
    path = f"{BUCKET}/avatars/{JOB}/a0{n}"
    return {
        "avatar_id": f"a0{n}",
        "style": style,
        "likeness": likeness,
        "png": f"{path}-1024.png?X-Amz-Signature=...",
        "webp": {str(side): f"{path}-{side}.webp?X-Amz-Signature=..." for side in (512, 256)},
    }


def _summary(state: JobState) -> Json:
    return {
        "job_id": JOB,
        "user_id": USER,
        "metadata": ORDER["metadata"],
        "test": False,
        "state": state,
        "reason": _reason(REASONS[state]) if state in REASONS else None,
        "failure": "gpu" if state is JobState.FAILED else None,
        "styles": ORDER["styles"],
        "styles_off": [],
        "avatars_asked": 2,
        "avatars_planned": 2,
        "created_at": TIMES[JobState.OPEN],
        "submit_by": "2026-11-22T13:00:00Z",
        "avatars_deleted_at": None,
    }


def _listed() -> Json:
    return _summary(JobState.COMPLETED) | {
        "avatars_shown": 2,
        "thumbnail": _avatar(2, "oil", 92)["webp"]["256"],
    }


def _job(state: JobState) -> Json:
    ended = state in {JobState.COMPLETED, *REASONS}
    completed = state is JobState.COMPLETED
    job = _summary(state) | {
        "tier": "lite",
        "timeline": [{"state": step, "at": TIMES[step]} for step in PATHS[state]],
        "photos": _photos(state),
        "photos_deleted_at": TIMES[state] if ended else None,
        "deletion": "deleted" if ended else None,
        "quota": _quota(state),
        "statement": _statement() if state is JobState.REFUSED else None,
        "poll_after_s": None if ended else 60 if state is JobState.IN_REVIEW else 5,
    }
    if state in DONE:
        left = {"p50_s": 40, "p90_s": 60, "measured_jobs": 100}
        job["progress"] = {
            "done": DONE[state],
            "total": 2,
            "estimate": left,
            "waiting_for": None,
            "ends_by": "2026-11-23T11:00:00Z",
        }
    if completed:
        job |= {
            "avatars": [_avatar(2, "oil", 92), _avatar(1, "comic", 81)],
            "avatars_expire_at": "2026-12-22T12:08:00Z",
            "archive": f"{BUCKET}/avatars/{JOB}/avatars.zip?X-Amz-Signature=...",
        }
    return job


def _created() -> Json:
    uploads = [
        {
            "photo_id": f"p0{n}",
            "url": UPLOADS,
            "fields": {
                "key": f"uploads/{JOB}/p0{n}",
                "Content-Type": "image/jpeg",
                "policy": "...",
            },
            "max_bytes": 20971520,
            "expires_at": "2026-11-22T12:15:00Z",
        }
        for n in (1, 2, 3)
    ]
    return {
        "job_id": JOB,
        "submit_by": "2026-11-22T13:00:00Z",
        "avatars": 2,
        "uploads": uploads,
    }


def _erasure(*, done: bool) -> Json:
    finished = {"state": "done", "finished_at": "2026-12-01T09:00:12Z", "jobs": 1, "objects": 7}
    return {
        "erasure_id": "e0b7a1c2d3e4f5061728394a5b6c7d8e9",
        "state": "running",
        "requested_at": "2026-12-01T09:00:00Z",
        "jobs": 0,
        "objects": 0,
        "retained": RETAINED,
    } | (finished | {"receipt": JWS} if done else {})


def _complete(model: type[Message], found: Mapping[str, Json], *, sent: bool = False) -> Json:
    """Adds the defaults to what the API returns, so that an example shows every field."""
    return {
        name: value
        if sent
        else json.loads(
            model.model_validate_json(json.dumps(value)).model_dump_json(
                exclude_none=model is ErrorBody
            )
        )
        for name, value in found.items()
    }


EXAMPLES: dict[type[Message], Json] = {
    CreateJob: _complete(
        CreateJob,
        {"two avatars": ORDER, "a test that is refused": ORDER | {"test": TEST}},
        sent=True,
    ),
    JobCreated: _complete(JobCreated, {"created": _created()}),
    JobView: _complete(JobView, {state.value: _job(state) for state in JobState}),
    JobsView: _complete(JobsView, {"one job": {"jobs": [_listed()], "next": None}}),
    QuotaView: _complete(
        QuotaView,
        {"unused": _quota(JobState.OPEN), "reserved": _quota(JobState.GENERATING)},
    ),
    ErasureView: _complete(
        ErasureView, {"running": _erasure(done=False), "done": _erasure(done=True)}
    ),
}
