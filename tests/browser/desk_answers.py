"""A desk that answers from memory, in the shapes that the API's own models allow."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from PIL import Image, ImageFilter, ImageOps

from infra.laptop.project import ROOT
from likeness.api import review as api
from likeness.domain.errors import ErrorKind
from tests.browser.pool_answers import ME

if TYPE_CHECKING:
    from collections.abc import Callable

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


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def explained(code: str) -> dict[str, Any]:
    return {"code": code, "hint": HINT, "fix_and_retry": False}


def preview(picture: Image.Image) -> str:
    small = ImageOps.grayscale(ImageOps.contain(picture, (192, 192)))
    out = io.BytesIO()
    small.filter(ImageFilter.GaussianBlur(5)).save(out, "JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def grey(number: int) -> str:
    with Image.open(PHOTOS[number - 1]) as picture:
        out = io.BytesIO()
        ImageOps.grayscale(picture).save(out, "JPEG")
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
        "queue": "appeals" if fields.get("kind") == "appeal" else "photos",
        "lease": None,
        "undo_until": None,
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
        summary(0xA3, kind="appeal", reasons=["RIGHTS.NOT_SELF"], photos=1),
        summary(
            0xA4,
            severity="medium",
            reasons=["RIGHTS.CELEBRITY"],
            lease={"yours": False, "until": now() + timedelta(seconds=80)},
        ),
        summary(0xA5, severity="low", reasons=[], photos=8),
    ]


class Refused(Exception):
    """An error of the API."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status, self.kind = status, kind and ErrorKind(kind)


@dataclass
class Answers:
    """The desk in memory. Every query and body is checked by the API's own models.

    `calls` is what was asked; `refusals` maps the last part of a path to a status and an error that
    it gets, `lost` the parts whose answer does not arrive although the request takes effect.
    """

    lead: bool = True
    used: int = 12
    limit: int = 200
    lease_seconds: int = 120
    heartbeat_seconds: int = 30
    undo_seconds: int = 10
    cases: list[dict[str, Any]] = field(default_factory=queue)
    decided: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: list[dict[str, Any]] = field(default_factory=photos)
    notes: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    entries: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: str | None) -> tuple[int, str] | None:
        """`path` is below /v1/reviews. Returns the status and a body in JSON, or None if lost."""
        asked = json.loads(body) if body else None
        self.calls.append((method, path, asked))
        place, _, text = path.partition("?")
        query = dict(parse_qsl(text, keep_blank_values=True))
        name = place.rsplit("/", 1)[-1]
        try:
            if name in self.refusals:
                raise Refused(*self.refusals[name])
            found = self._route(method, place, query, asked)
        except Refused as refused:
            return refused.status, json.dumps(
                {"error": refused.kind, "message": "no", "reason": None}
            )
        if name in self.lost:
            self.lost.remove(name)
            return None
        return 200, found.model_dump_json()

    def _route(self, method: str, place: str, query: dict[str, str], asked: Any) -> api.Message:
        name = place.rsplit("/", 1)[-1]
        of_the_desk: dict[str, Callable[[], api.Message]] = {
            "": lambda: self._list(api.QueueQuery.model_validate(query)),
            "/stats": lambda: self.stats(api.StatsQuery.model_validate(query)),
            "/next": lambda: self._next(api.ClaimNext.model_validate(asked)),
            "/guidelines": self._guidelines,
            "/exposure": lambda: self._grant(api.GrantExposure.model_validate(asked)),
        }
        if place in of_the_desk:
            return of_the_desk[place]()
        assert not query, f"{place} takes no query"
        review = place.split("/")[1]
        if review == name:
            return self._case(self._find(review))
        return getattr(self, f"_{method.lower()}_{name}")(self._find(review), asked)  # type: ignore[no-any-return]

    def _wanted(self, case: dict[str, Any], **names: Any) -> bool:
        return (
            (not names["queues"] or case["queue"] in names["queues"])
            and (not names["severities"] or case["severity"] in names["severities"])
            and (not names["reasons"] or set(case["reasons"]) & set(names["reasons"]))
        )

    def _list(self, query: api.QueueQuery) -> api.Message:
        def one(value: Any) -> tuple[Any, ...]:
            return (value,) if value else ()

        found = [
            case
            for case in self.cases
            if self._wanted(
                case,
                queues=one(query.queue),
                severities=[
                    str(each).lower() for each in one(query.severity and query.severity.name)
                ],
                reasons=one(query.reason),
            )
        ]
        first = int(query.cursor or 0)
        rest = found[first + query.limit :]
        return api.ReviewsView.model_validate(
            {
                "reviews": found[first : first + query.limit],
                "next": str(first + query.limit) if rest else None,
                "exposure": self.exposure(),
                "lead": self.lead,
            }
        )

    def _next(self, asked: api.ClaimNext) -> api.Message:
        wanted = {
            "queues": asked.queues,
            "severities": [one.name.lower() for one in asked.severities],
            "reasons": asked.reasons,
        }
        free = [
            case
            for case in self.cases
            if (not case["lease"] or case["lease"]["yours"]) and self._wanted(case, **wanted)
        ]
        if not free:
            return api.NextView.model_validate(
                {"case": None, "lease": None, "exposure": self.exposure()}
            )
        lease = self._post_claim(free[0], None)
        return api.NextView.model_validate(
            {"case": self._case(free[0]), "lease": lease, "exposure": self.exposure()}
        )

    def _find(self, review: str) -> dict[str, Any]:
        for case in self.cases:
            if case["review_id"] == review:
                if case["lease"] and case["lease"]["until"] <= now():
                    case["lease"] = None
                return case
        if review in self.decided:
            return self.decided[review]
        raise Refused(404, "NotFound")

    def _require_lease(self, case: dict[str, Any]) -> None:
        if case["state"] != "waiting":
            raise Refused(409, "CaseDecided")
        if not case["lease"]:
            raise Refused(409, "NoLease")
        if not case["lease"]["yours"]:
            raise Refused(409, "CaseTaken")

    def _post_claim(self, case: dict[str, Any], _: Any) -> api.ClaimView:
        if case["lease"] and not case["lease"]["yours"]:
            raise Refused(409, "CaseTaken")
        self.record("claimed")
        return self._lease(case)

    def _post_heartbeat(self, case: dict[str, Any], _: Any) -> api.ClaimView:
        self._require_lease(case)
        return self._lease(case)

    def _lease(self, case: dict[str, Any]) -> api.ClaimView:
        until = now() + timedelta(seconds=self.lease_seconds)
        case["lease"] = {"yours": True, "until": until}
        return api.ClaimView(
            review_id=case["review_id"], until=until, heartbeat_seconds=self.heartbeat_seconds
        )

    def _post_release(self, case: dict[str, Any], _: Any) -> api.Message:
        self._require_lease(case)
        return self._left(case, "released")

    def _post_skip(self, case: dict[str, Any], asked: Any) -> api.Message:
        api.SkipReview.model_validate(asked)
        self._require_lease(case)
        self.cases.append(self.cases.pop(self.cases.index(case)))
        return self._left(case, "skipped")

    def _post_escalate(self, case: dict[str, Any], asked: Any) -> api.Message:
        api.EscalateReview.model_validate(asked)
        self._require_lease(case)
        self.cases.remove(case)
        return self._left(case | {"queue": "escalated"}, "escalated")

    def _post_hold(self, case: dict[str, Any], asked: Any) -> api.Message:
        assert set(asked) == {"photos"}
        assert set(asked["photos"]) <= {one["photo_id"] for one in self.pictures}
        self._require_lease(case)
        self.cases.remove(case)
        return self._left(case, "escalated")

    def _post_return(self, case: dict[str, Any], _: Any) -> api.Message:
        self._require_lease(case)
        return self._left(case, "returned")

    def _left(self, case: dict[str, Any], action: str) -> api.Message:
        self.record(action)
        case["lease"] = None
        return api.ReviewSummary.model_validate(case)

    def _post_notes(self, case: dict[str, Any], asked: Any) -> api.Message:
        note = api.AddNote.model_validate(asked)
        self.notes.append({"yours": True, "at": now(), "text": note.text})
        return api.NotesView.model_validate({"review_id": case["review_id"], "notes": self.notes})

    def _post_reveal(self, case: dict[str, Any], asked: Any) -> api.Message:
        wanted = api.RevealPhoto.model_validate(asked)
        self._require_lease(case)
        clear = wanted.level == "clear"
        self.used += 2 if clear else 1
        self.record("revealed", photo_id=wanted.photo_id, level=str(wanted.level))
        number = int(wanted.photo_id[1:])
        return api.RevealedPhotoView.model_validate(
            {
                "photo_id": wanted.photo_id,
                "level": wanted.level,
                "url": f"{LINKS}/{wanted.photo_id}.jpg?n={self.used}" if clear else grey(number),
                "expires_at": now() + timedelta(minutes=1) if clear else None,
                "exposure": self.exposure(),
            }
        )

    def _post_decision(self, case: dict[str, Any], asked: Any) -> api.Message:
        wanted = api.DecideReview.model_validate(asked)
        if case["review_id"] in self.decided and case.get("asked") == asked:
            return api.ReviewSummary.model_validate(self._public(case))
        self._require_lease(case)
        self.cases.remove(case)
        state = "approved" if wanted.approve else "refused"
        until = now() + timedelta(seconds=self.undo_seconds)
        closed = case | {"state": state, "lease": None, "undo_until": until, "asked": asked}
        self.decided[case["review_id"]] = closed
        self.record(state)
        return api.ReviewSummary.model_validate(self._public(closed))

    def _delete_decision(self, case: dict[str, Any], _: Any) -> api.ClaimView:
        if case["review_id"] not in self.decided or case["undo_until"] <= now():
            raise Refused(409, "CaseDecided")
        self.record("undone")
        del self.decided[case["review_id"]]
        again = self._public(case) | {"state": "waiting", "undo_until": None}
        self.cases.insert(0, again)
        return self._lease(again)

    def _get_audit(self, case: dict[str, Any], _: Any) -> api.Message:
        return api.AuditView.model_validate(
            {"review_id": case["review_id"], "entries": self.entries}
        )

    @staticmethod
    def _public(case: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in case.items() if name != "asked"}

    def _case(self, case: dict[str, Any]) -> api.CaseView:
        closed = case["state"] != "waiting"
        decision = {
            "approved": case["state"] == "approved",
            "photos": [],
            "decided_at": now(),
            "yours": True,
        }
        return api.CaseView.model_validate(
            {
                "review": self._public(case),
                "photos": self.pictures[: case["photos"]],
                "age_assurance": {"method": "photo_id", "over_age": 18, "days": 41},
                "policy_version": "2026-11-22",
                "detector_version": "7.0",
                "decision": decision if closed else None,
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

    def _guidelines(self) -> api.Message:
        rule = {
            "en": "Refuse weapons that are held or aimed, blood and injuries. Toys are allowed.",
            "de": "Lehne Waffen ab, die gehalten oder gerichtet werden, Blut und Wunden.",
        }
        return api.GuidelinesView.model_validate(
            {
                "version": "2026-11-30",
                "guidelines": [
                    {"code": code, "rule": rule, "severity": "high", "points": 3} for code in CODES
                ],
            }
        )

    def record(self, action: str, **details: str) -> None:
        self.entries.append(
            {
                "chain": 7,
                "number": 40 + len(self.entries),
                "at": now(),
                "actor": ME,
                "action": action,
                "details": details,
                "previous": "5f2c" * 16,
                "hash": "a41d" * 16,
            }
        )

    def _grant(self, _: api.GrantExposure) -> api.Message:
        return api.ExposureView.model_validate(self.exposure())

    def exposure(self) -> dict[str, Any]:
        state = "ok" if self.used < self.limit * 0.8 else "warned"
        return {
            "used": self.used,
            "limit": self.limit,
            "state": "used_up" if self.used >= self.limit else state,
            "ends_at": now().replace(hour=23, minute=0, second=0, microsecond=0),
        }

    def stats(self, _: api.StatsQuery) -> api.StatsView:
        other = {"used": 200, "limit": 200, "state": "used_up", "ends_at": None}
        work = {
            "handled": 20,
            "approved": 15,
            "refused": 5,
            "refused_by_reason": {"POLICY.VIOLENCE": 5},
            "mean_handling_seconds": 28.0,
            "handling_seconds": 560,
            "approved_unseen": 2,
            "skipped": 1,
            "escalated": 1,
            "undone": 0,
            "agreed": 4,
            "differed": 1,
        }
        known = {
            "agreed": 8,
            "differed": 2,
            "by_reason": {"POLICY.HATE": {"agreed": 1, "differed": 2}},
        }
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
                    "decided_per_hour": 12.5,
                    "missed_forecast": 0,
                },
                "approved": 40,
                "refused": 9,
                "expired": 1,
                "refused_by_reason": {"POLICY.VIOLENCE": 5, "RIGHTS.NOT_SELF": 4},
                "mean_seconds_to_decide": 412.5,
                "mean_handling_seconds": 31.0,
                "approved_unseen": 3,
                "reversed": 1,
                "second": {"pairs": 10, "agreement": 0.9, "kappa": 0.74, "by_reason": {}},
                "known": known if self.lead else None,
                "appeals": {"decided": 2, "overturned": 1, "overturn_rate": 0.5},
                "exposure": self.exposure(),
                "own": work,
                "moderators": [
                    {
                        "moderator": ME,
                        "work": work,
                        "known": known,
                        "exposure": self.exposure(),
                        "asks": False,
                    },
                    {
                        "moderator": "1a2b3c4d-other-moderator",
                        "work": work,
                        "known": known,
                        "exposure": other,
                        "asks": True,
                    },
                ]
                if self.lead
                else [],
            }
        )
