"""The leads' half of the desk in memory: accounts, decided cases, reports, the audit log, holds."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from PIL import Image

from likeness.api import holds, review as api
from likeness.domain.review.audit import (
    CHAINS,
    GENESIS,
    Anchor,
    AuditAction,
    AuditEntry,
    AuditEvent,
    ChainHead,
    SignedAnchor,
)
from tests.browser.desk_answers import PHOTOS, Answers, Refused, now, preview
from tests.browser.pool_answers import ME

BEN, EVE = "7a1e1d2c-5a6b-4c3d-9e8f-001122334455", "1a2b3c4d-other-moderator"
Json = dict[str, Any]


def account(username: str, moderator_id: str, **fields: Any) -> Json:
    return {
        "username": username,
        "moderator_id": moderator_id,
        "status": "active",
        "moderator": True,
        "lead": False,
        "email": f"{username}@example.org",
        "app_user_id": None,
        "time_zone": "Europe/Berlin",
        "time_zone_from": None,
        "created_at": now() - timedelta(days=40),
    } | fields


def accounts() -> list[Json]:
    return [
        account("ann", ME, lead=True, app_user_id="user-7"),
        account("ben", BEN, status="invited", email="ben+desk@example.org"),
        account("eve.a-rather-long-name@example.org", EVE, email=None),
        account(
            "old",
            "0" * 36,
            status="disabled",
            moderator=False,
            time_zone="America/Argentina/Buenos_Aires",
            time_zone_from=now() + timedelta(hours=5),
        ),
    ]


def decided(n: int, **fields: Any) -> Json:
    return {
        "review_id": f"r{n:032x}",
        "job_id": f"j{n:032x}",
        "kind": "photos",
        "severity": "high",
        "reasons": ["POLICY.VIOLENCE"],
        "approved": True,
        "refused": [],
        "decided_by": EVE,
        "decided_at": now() - timedelta(minutes=n),
        "handling_seconds": 24.0,
        "looked": True,
        "first_approved": None,
        "answer": None,
        "overturned_by": None,
    } | fields


def decisions() -> list[Json]:
    refused = [{"photo_id": "p02", "reason": "POLICY.VIOLENCE"}]
    return [
        decided(0xB1, looked=False, reasons=[]),
        decided(0xB2, approved=False, refused=refused),
        decided(0xB3, kind="second", approved=False, refused=refused, first_approved=True),
        decided(0xB4, kind="appeal"),
        decided(0xB5, decided_by=ME),
        decided(0xB6, kind="known", answer=refused),
    ]


def hold(n: int, **fields: Any) -> Json:
    return {
        "job_id": f"j{n:032x}",
        "state": "waiting",
        "trigger": "moderator",
        "held_at": now() - timedelta(minutes=9),
        "photos": 2,
        "blocked": True,
        "reported": False,
        "held_by": EVE,
        "decided_at": None,
        "decided_by": None,
        "retain_until": None,
        "reports": [],
    } | fields


CHAIN = 3


def chain(length: int, actor: str = ME) -> list[AuditEntry]:
    """An audit log of the real classes: each entry has the hash of the previous one."""
    found: list[AuditEntry] = []
    head = ChainHead.start(CHAIN)
    for n in range(length):
        event = AuditEvent(
            at=now(),
            actor=actor,
            action=AuditAction.NOTED if n % 2 else AuditAction.OPENED,
            review_id=f"r{n:032x}" if n % 2 else None,
            details={"photos": "3", "account": 'jürgen 😀 \u007f "quoted"'},
        )
        found.append(AuditEntry.after(head, event))
        head = found[-1].head
    return found


def anchored(*heads: ChainHead) -> list[SignedAnchor]:
    """One anchor for each head. Nothing verifies the signatures here."""
    found: list[SignedAnchor] = []
    for number, head in enumerate(heads, start=1):
        content = Anchor(
            issuer="likeness/test",
            number=number,
            at=now(),
            previous=found[-1].hash if found else GENESIS,
            heads=(head, ChainHead.start(9)),
        )
        payload = base64.urlsafe_b64encode(content.model_dump_json().encode()).decode()
        found.append(SignedAnchor(number=number, jws=f"e30.{payload.rstrip('=')}.c2ln"))
    return found


@dataclass
class LeadsAnswers(Answers):
    """Every query and body is checked by the API's own models."""

    staff: list[Json] = field(default_factory=accounts)
    done: list[Json] = field(default_factory=decisions)
    held: list[Json] = field(default_factory=lambda: [hold(0xC1), hold(0xC2, trigger="hash_match")])
    log: list[AuditEntry] = field(default_factory=lambda: chain(5))
    anchors: list[SignedAnchor] = field(default_factory=list)

    def _route(self, method: str, place: str, query: dict[str, str], asked: Any) -> api.Message:
        group, *rest = place.removeprefix("/").split("/")
        if group in {"staff", "decided", "transparency", "holds", "audit"}:
            if not self.lead:
                raise Refused(403, "Forbidden")
            route = getattr(self, f"_{group}")
            return route(method, [unquote(one) for one in rest], query, asked)  # type: ignore[no-any-return]
        if rest == ["overturn"]:
            return self._overturn(group, asked)
        return super()._route(method, place, query, asked)

    def stats(self, query: api.StatsQuery) -> api.StatsView:
        """Three cases will miss their deadlines, and moderators differ about violence."""
        found = super().stats(query).model_dump(mode="json")
        found["queue"]["missed_forecast"] = 3
        found["second"]["by_reason"] = {"POLICY.VIOLENCE": {"agreed": 3, "differed": 1}}
        return api.StatsView.model_validate(found | {"days": query.days})

    # ---- accounts

    def _staff(self, method: str, rest: list[str], _: Json, asked: Any) -> api.Message:
        match method, rest:
            case "GET", []:
                pass
            case "POST", []:
                return self._invite(api.InviteStaff.model_validate(asked))
            case "PUT", [name]:
                return self._change(self._other(name), api.ChangeStaff.model_validate(asked))
            case "POST", [name, "authenticator"]:
                return api.StaffView.model_validate(self._other(name))
            case "DELETE", [name]:
                self.staff.remove(self._other(name))
            case _:
                raise AssertionError(f"no route {method} staff/{rest}")
        return api.StaffListView.model_validate({"staff": self.staff})

    def _other(self, name: str) -> Json:
        for one in self.staff:
            if one["username"] == name:
                if one["moderator_id"] == ME:
                    raise Refused(409, "OwnAccount")
                return one
        raise Refused(404, "NotFound")

    def _invite(self, asked: api.InviteStaff) -> api.StaffView:
        for one in self.staff:
            if one["username"] == asked.username and one["status"] != "invited":
                raise Refused(409, "AccountExists")
        self.staff = [one for one in self.staff if one["username"] != asked.username]
        self.staff.append(account("", BEN, status="invited") | asked.model_dump())
        return api.StaffView.model_validate(self.staff[-1])

    def _change(self, one: Json, asked: api.ChangeStaff) -> api.StaffView:
        one |= asked.model_dump(exclude={"enabled"}, exclude_none=True)
        one["app_user_id"] = asked.app_user_id
        one["status"] = "active" if asked.enabled else "disabled"
        return api.StaffView.model_validate(one)

    # ---- decided cases

    def _decided(self, method: str, rest: list[str], query: Json, _: Any) -> api.Message:
        assert (method, rest) == ("GET", [])
        wanted = api.DecidedQuery.model_validate(query)
        found = [
            one
            for one in self.done
            if wanted.moderator in {None, one["decided_by"]}
            and wanted.state in {None, "approved" if one["approved"] else "refused"}
            and wanted.kind in {None, one["kind"]}
            and wanted.second in {None, self._second(one)}
        ]
        first = int(wanted.cursor or 0)
        end = first + wanted.limit
        following = str(end) if end < len(found) else None
        day = wanted.day or now().date()
        return api.DecidedReviewsView.model_validate(
            {"day": day, "reviews": found[first:end], "next": following}
        )

    @staticmethod
    def _second(one: Json) -> str | None:
        if one["answer"] is not None:
            return "agreed" if one["answer"] == one["refused"] else "differed"
        if one["first_approved"] is None:
            return None
        return "agreed" if one["first_approved"] == one["approved"] else "differed"

    def _overturn(self, review: str, asked: Any) -> api.Message:
        photos = api.OverturnReview.model_validate(asked).photos
        one = next(one for one in self.done if one["review_id"] == review)
        if one["approved"] != bool(photos):
            raise Refused(400, "Invalid")
        one["overturned_by"] = ME
        return api.DecidedView.model_validate(one)

    def _find(self, review: str) -> Json:
        for one in self.done:
            if one["review_id"] == review:
                state = "approved" if one["approved"] else "refused"
                return self.cases[0] | {"review_id": review, "state": state, "lease": None}
        return super()._find(review)

    # ---- reports

    def _transparency(self, method: str, rest: list[str], query: Json, _: Any) -> api.Message:
        assert (method, rest) == ("GET", [])
        asked = api.TransparencyQuery.model_validate(query)
        if asked.last < asked.first:
            raise Refused(400, "Invalid")
        violence = {
            "dsa_category": "STATEMENT_CATEGORY_VIOLENCE",
            "dsa_keyword": None,
            "refused_automatically": 7,
            "left_out_automatically": 0,
            "refused_by_moderators": 5,
            "appeals_rejected": 1,
            "appeals_granted": 1,
        }
        return api.TransparencyView.model_validate(
            {
                **asked.model_dump(),
                "jobs_moderated": 1200,
                "jobs_to_moderators": 49,
                "cases_approved": 40,
                "cases_refused": 9,
                "cases_expired": 1,
                "by_reason": {"POLICY.VIOLENCE": violence},
                "appeals_rejected": 1,
                "appeals_granted": 1,
                "appeals_expired": 0,
                "reversed_by_leads": 0,
                "median_seconds_to_decide": 384.2,
                "median_seconds_of_appeals": None,
                "automated_overturn_rate": 0.5,
                "doubts_approved_rate": 0.8163,
            }
        )

    def _audit(self, method: str, rest: list[str], query: Json, _: Any) -> api.Message:
        """Each call is an audit event itself, and is stored before anything is read."""
        assert method == "GET"
        if rest == ["anchors"]:
            return self._anchors(api.PageQuery.model_validate(query))
        assert rest == []
        asked = api.AuditExportQuery.model_validate(query)
        assert asked.chain == CHAIN, "an empty chain is not read"
        event = AuditEvent(at=now(), actor=ME, action=AuditAction.EXPORTED)
        self.log.append(AuditEntry.after(self.log[-1].head, event))
        limit = min(asked.limit, 3)  # smaller parts than the page asks for
        part = [one for one in self.log if one.number > asked.after][:limit]
        return api.AuditExportView.model_validate(
            {
                "entries": [one.model_dump() for one in part],
                "head": self.log[-1].head.model_dump(),
            }
        )

    def _anchors(self, asked: api.PageQuery) -> api.Message:
        heads = [ChainHead.start(n) for n in range(CHAINS)]
        heads[CHAIN] = self.log[-1].head
        begin = int(asked.cursor or 0)  # pages of one
        more = begin + 1 < len(self.anchors)
        return api.AnchorsView.model_validate(
            {
                "anchors": [one.model_dump() for one in self.anchors[begin : begin + 1]],
                "heads": [head.model_dump() for head in heads],
                "next": str(begin + 1) if more else None,
            }
        )

    # ---- holds

    def _holds(self, method: str, rest: list[str], query: Json, asked: Any) -> api.Message:
        if not rest:
            api.PageQuery.model_validate(query)
            shown = holds.HoldSummary.model_fields
            found = [{name: one[name] for name in shown} for one in self.held]
            return holds.HoldsView.model_validate({"holds": found, "next": None})
        one = next((one for one in self.held if one["job_id"] == rest[0]), None)
        if one is None:
            raise Refused(404, "NotFound")
        match method, rest[1:]:
            case "GET", []:
                pass
            case "POST", ["decision"]:
                self._decide_hold(one, holds.DecideHold.model_validate(asked))
            case "POST", ["reported"]:
                report = holds.ReportHold.model_validate(asked)
                one |= {"reported": True, "reports": [*one["reports"], report.model_dump()]}
            case "POST", ["unblock"]:
                one["blocked"] = False
            case "GET", ["report"]:
                return self._report(one)
            case _:
                raise AssertionError(f"no route {method} holds/{rest}")
        return self._hold(one)

    @staticmethod
    def _decide_hold(one: Json, asked: holds.DecideHold) -> None:
        state = "confirmed" if asked.confirm else "returned"
        if one["state"] not in {"waiting", state}:
            raise Refused(409, "HoldDecided")
        one |= {"state": state, "decided_at": now(), "decided_by": ME}
        one["blocked"] = asked.confirm

    @staticmethod
    def _hold(one: Json) -> holds.HoldView:
        with Image.open(PHOTOS[0]) as picture:
            shown = preview(picture) if one["state"] == "waiting" else None
        photos = [
            {"photo_id": "p01", "suspected": True, "findings": ["age 11-15"], "preview": shown},
            {"photo_id": "p02", "suspected": False, "findings": [], "preview": shown},
        ]
        return holds.HoldView.model_validate(one | {"held": photos})

    @staticmethod
    def _report(one: Json) -> holds.ReportView:
        return holds.ReportView.model_validate(
            {
                "job_id": one["job_id"],
                "incident_at": one["held_at"],
                "detected_at": one["held_at"],
                "detected_by": one["trigger"],
                "confirmed_at": one["decided_at"],
                "confirmed_by": one["decided_by"],
                "job_created_at": one["held_at"],
                "user": {"user_id": "user-1", "metadata": {}, "ip_addresses": []},
                "files": [],
                "retain_until": one["retain_until"],
                "reports": one["reports"],
            }
        )
