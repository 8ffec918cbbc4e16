"""A desk that answers from memory, in the shapes that the API's own models allow."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from PIL import Image, ImageFilter, ImageOps

from infra.laptop.project import ROOT
from likeness.adapters.policy_files import load_guidelines, load_policy
from likeness.api import review as api
from likeness.services.review.read_guidelines import read_guidelines
from tests.browser.pool_answers import ME

PHOTOS = sorted((ROOT / "demo" / "photos").glob("*.jpg"))
LINKS = "https://photos.s3.eu-central-1.amazonaws.com"
CODES = (
    *("POLICY.NUDITY", "POLICY.SUGGESTIVE", "POLICY.VIOLENCE", "POLICY.HATE", "POLICY.DRUGS"),
    *("POLICY.GESTURE", "RIGHTS.CELEBRITY", "RIGHTS.NOT_SELF", "MINOR.AGE_DOUBT"),
)
HINT = {
    "en": "This photo shows violence or weapons, which our guidelines do not allow.",
    "de": "Dieses Foto zeigt Gewalt oder Waffen, die unsere Richtlinien nicht erlauben.",
}


WORK = {
    "handled": 50,
    "approved": 40,
    "refused": 10,
    "refused_by_reason": {"POLICY.VIOLENCE": 5, "RIGHTS.NOT_SELF": 5},
    "mean_handling_seconds": 31.2,
    "handling_seconds": 1560,
    "approved_unseen": 3,
    "skipped": 2,
    "escalated": 1,
    "undone": 1,
    "agreed": 9,
    "differed": 1,
}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def explained(code: str) -> dict[str, Any]:
    return {"code": code, "hint": HINT, "fix_and_retry": False}


def guidelines() -> api.GuidelinesView:
    return read_guidelines(guidelines=load_guidelines(), policy=load_policy())


def preview(picture: Image.Image) -> str:
    small = ImageOps.grayscale(ImageOps.contain(picture, (192, 192)))
    out = io.BytesIO()
    small.filter(ImageFilter.GaussianBlur(5)).save(out, "JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def photos() -> list[dict[str, Any]]:
    """Three photos: a doubt about a weapon, a look-alike, and one to compare with."""
    found = []
    for n, file in enumerate(PHOTOS[:3], start=1):
        with Image.open(file) as picture:
            found.append(
                {
                    "photo_id": f"p{n:02d}",
                    "flagged": n < 3,
                    "findings": [],
                    "labels": [],
                    "age_low": 27,
                    "age_high": 35,
                    "similarity": 100.0 - n,
                    "face": {"left": 0.33, "top": 0.2, "width": 0.33, "height": 0.4},
                    "width": picture.width,
                    "height": picture.height,
                    "preview": preview(picture),
                    "match": None,
                }
            )
    weapon = {"name": "Weapons", "parent": "Violence", "confidence": 61.5}
    found[0]["labels"] = [
        weapon,
        {"name": "Violence", "parent": "", "confidence": 61.5},
        {"name": "Smoking", "parent": "Drugs & Tobacco", "confidence": 12.3},
    ]
    found[0]["findings"] = [
        {
            "outcome": "doubtful",
            "reason": explained("POLICY.VIOLENCE"),
            "source": "Weapons",
            "confidence": 61.5,
        },
        {"outcome": "doubtful", "reason": None, "source": "A New Label", "confidence": 55.0},
    ]
    found[1]["findings"] = [
        {
            "outcome": "doubtful",
            "reason": explained("RIGHTS.CELEBRITY"),
            "source": "celebrity",
            "confidence": 96.1,
        }
    ]
    return found


def summary(n: int, **fields: Any) -> dict[str, Any]:
    return {
        "review_id": f"r{n:032x}",
        "job_id": f"j{n:032x}",
        "kind": "photos",
        "state": "waiting",
        "severity": "high",
        "reasons": ["POLICY.VIOLENCE"],
        "photos": 3,
        "opened_at": now() - timedelta(minutes=20),
        "decide_by": now() + timedelta(hours=11),
        "queue": "photos",
        "lease": None,
    } | fields


def queue() -> list[dict[str, Any]]:
    return [
        summary(
            0xA1,
            severity="critical",
            reasons=["MINOR.AGE_DOUBT", "POLICY.SUGGESTIVE"],
            decide_by=now() + timedelta(minutes=41),
        ),
        summary(0xA2, reasons=["POLICY.VIOLENCE", "RIGHTS.CELEBRITY"]),
        summary(0xA3, kind="appeal", queue="appeals", reasons=["RIGHTS.NOT_SELF"], photos=1),
        summary(
            0xA4,
            severity="medium",
            reasons=["RIGHTS.CELEBRITY"],
            lease={"yours": False, "until": now() + timedelta(seconds=80)},
        ),
        summary(0xA5, severity="low", reasons=[], photos=8),
    ]


@dataclass
class Answers:
    """The desk: `calls` is what was asked of it, `refusals` what it answers with an error."""

    lead: bool = True
    used: int = 12
    limit: int = 200
    lease_seconds: int = 120
    heartbeat_seconds: int = 30
    cases: list[dict[str, Any]] = field(default_factory=queue)
    pictures: list[dict[str, Any]] = field(default_factory=photos)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    decided: dict[str, dict[str, Any]] = field(default_factory=dict)  # pending, by review

    def answer(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        """`path` is below /v1/reviews. Returns the status and a body in JSON."""
        asked = json.loads(body) if body else None
        self.calls.append((method, path, asked))
        route, _, text = path.partition("?")
        name, query = route.rsplit("/", 1)[-1], dict(parse_qsl(text))
        if name in self.refusals:
            status, error = self.refusals[name]
            return status, json.dumps({"error": error, "message": "no", "reason": None})
        found: api.Message
        if name == "":
            found = self.page(api.QueueQuery.model_validate(query))
        elif name == "stats":
            api.StatsQuery.model_validate(query)
            found = self.stats()
        elif name == "next":
            found = self.following(api.ClaimNext.model_validate(asked))
        elif name == "guidelines":
            found = guidelines()
        elif name == "exposure":
            found = api.ExposureView.model_validate(self.exposure())
        elif method == "DELETE":
            found = self.undo(route.split("/")[1])
        else:
            found = self.of_case(path.split("/")[1].partition("?")[0], name, asked)
        return 200, found.model_dump_json()

    def page(self, query: api.QueueQuery) -> api.ReviewsView:
        """A cursor is the number of the next case, as text."""
        begin = int(query.cursor or 0)
        end = begin + query.limit
        return api.ReviewsView.model_validate(
            {
                "reviews": self.cases[begin:end],
                "next": str(end) if end < len(self.cases) else None,
                "exposure": self.exposure(),
                "lead": self.lead,
            }
        )

    def following(self, wanted: api.ClaimNext) -> api.NextView:
        """The first case of the queue that no other moderator has."""
        free = [
            case
            for case in self.cases
            if not (case["lease"] and not case["lease"]["yours"])
            and (not wanted.queues or case["queue"] in wanted.queues)
            and (not wanted.severities or case["severity"] in wanted.severities)
        ]
        if not free:
            return api.NextView.model_validate(
                {"case": None, "lease": None, "exposure": self.exposure()}
            )
        review = free[0]["review_id"]
        lease = self.of_case(review, "claim", None)
        case = self.of_case(review, review, None)
        return api.NextView.model_validate(
            {"case": case, "lease": lease, "exposure": self.exposure()}
        )

    def undo(self, review: str) -> api.ClaimView:
        """The case is the first of the queue again, with its lease."""
        self.cases.insert(0, self.decided.pop(review))
        lease = self.of_case(review, "claim", None)
        return api.ClaimView.model_validate(lease.model_dump())

    def of_case(self, review: str, name: str, asked: Any) -> api.Message:  # noqa: PLR0911
        case = next(one for one in self.cases if one["review_id"] == review)
        until = now() + timedelta(seconds=self.lease_seconds)
        if name == "notes":
            note = {"yours": True, "at": now(), "text": api.AddNote.model_validate(asked).text}
            self.notes.append(note)
            return api.NotesView.model_validate({"review_id": review, "notes": self.notes})
        if name not in {review, "audit", "heartbeat"}:
            self.record(name, asked)
        if name in {"claim", "heartbeat"}:
            case["lease"] = {"yours": True, "until": until}
            return api.ClaimView(
                review_id=case["review_id"],
                until=until,
                heartbeat_seconds=self.heartbeat_seconds,
            )
        if name == "release":
            case["lease"] = None
            return api.ReviewSummary.model_validate(case)
        if name == "skip":
            api.SkipReview.model_validate(asked)
            self.cases.remove(case)
            return api.ReviewSummary.model_validate(case | {"lease": None})
        if name == "escalate":
            api.EscalateReview.model_validate(asked)
            self.cases.remove(case)
            return api.ReviewSummary.model_validate(case | {"lease": None, "queue": "escalated"})
        if name == "reveal":
            reveal = api.RevealPhoto.model_validate(asked)
            self.used += 1
            clear = reveal.level == "clear"
            return api.RevealedPhotoView.model_validate(
                {
                    "photo_id": reveal.photo_id,
                    "level": reveal.level,
                    "url": f"{LINKS}/{reveal.photo_id}.jpg?n={self.used}"
                    if clear
                    else self.pictures[0]["preview"],
                    "expires_at": now() + timedelta(minutes=1) if clear else None,
                    "exposure": self.exposure(),
                }
            )
        if name == "decision":
            api.DecideReview.model_validate(asked)
            self.decided[review] = case
            self.cases.remove(case)
            return api.ReviewSummary.model_validate(
                case
                | {
                    "state": "approved" if asked["approve"] else "refused",
                    "lease": None,
                    "undo_until": now() + timedelta(seconds=10),
                }
            )
        if name == "audit":
            return api.AuditView.model_validate({"review_id": review, "entries": self.entries})
        return api.CaseView.model_validate(
            {
                "review": case,
                "photos": self.pictures,
                "age_assurance": {"method": "photo_id", "over_age": 18, "days": 41},
                "policy_version": "2026-11-22",
                "detector_version": "7.0",
                "decision": None,
                "context": {
                    "jobs": 4,
                    "refused": {"POLICY.VIOLENCE": 1},
                    "appeals_granted": {},
                    "approved_by_moderators": 1,
                },
                "notes": self.notes,
                "reason_codes": [explained(code) for code in CODES],
            }
        )

    def record(self, name: str, asked: Any) -> None:
        act = {
            "claim": "claimed",
            "release": "released",
            "reveal": "revealed",
            "skip": "skipped",
            "escalate": "escalated",
        }.get(name)
        self.entries.append(
            {
                "number": 40 + len(self.entries),
                "at": now(),
                "actor": ME,
                "action": act or ("approved" if asked["approve"] else "refused"),
                "details": {"photo_id": asked["photo_id"]} if name == "reveal" else {},
                "previous": "5f2c" * 16,
                "hash": "a41d" * 16,
            }
        )

    def exposure(self) -> dict[str, Any]:
        state = "ok" if self.used < self.limit * 0.8 else "warned"
        return {
            "used": self.used,
            "limit": self.limit,
            "state": "used_up" if self.used >= self.limit else state,
        }

    def stats(self) -> api.StatsView:
        other = {"used": 200, "limit": 200, "state": "used_up"}
        return api.StatsView.model_validate(
            {
                "days": 30,
                "queue": {
                    "waiting": 5,
                    "leased": 1,
                    "by_severity": {"critical": 1, "high": 2, "medium": 1, "low": 1},
                    "by_queue": {"photos": 4, "appeals": 1, "escalated": 0},
                    "oldest_opened_at": now() - timedelta(hours=2),
                    "due_within_hour": 1,
                    "decided_per_hour": 6.5,
                    "missed_forecast": 0,
                },
                "approved": 40,
                "refused": 9,
                "expired": 1,
                "refused_by_reason": {"POLICY.VIOLENCE": 5, "RIGHTS.NOT_SELF": 4},
                "mean_seconds_to_decide": 412.5,
                "mean_handling_seconds": 31.2,
                "approved_unseen": 3,
                "reversed": 0,
                "second": {
                    "pairs": 10,
                    "agreement": 0.9,
                    "kappa": 0.74,
                    "by_reason": {"POLICY.VIOLENCE": {"agreed": 9, "differed": 1}},
                },
                "appeals": {"decided": 2, "overturned": 1, "overturn_rate": 0.5},
                "exposure": self.exposure(),
                "own": WORK,
                "moderators": [
                    {"moderator": ME, "work": WORK, "exposure": self.exposure(), "asks": False},
                    {
                        "moderator": "1a2b3c4d-other-moderator",
                        "work": WORK,
                        "exposure": other,
                        "asks": True,
                    },
                ]
                if self.lead
                else [],
            }
        )
