"""Likeness in memory, for the example app: in the shapes that the API's own models allow."""

from __future__ import annotations

import itertools
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import yaml
from joserfc import jws
from joserfc.jwk import ECKey
from standardwebhooks import Webhook

from examples.app.backend import Settings, create_app
from examples.app.server import Server
from examples.app.store import Store
from infra.laptop.project import ROOT
from laptop_cloud import processes
from likeness.api import account, appeals, catalogue, job_view, jobs, photos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from likeness_client import errors

POLICY = ROOT / "layers" / "likeness" / "likeness" / "policy"
PHOTOS = sorted((ROOT / "demo" / "photos").glob("*.jpg"))
API, UPLOADS, AVATARS = "https://api.test", "https://photos.test", "https://avatars.test"
ISSUER = "likeness/test"
SECRET = "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw=="
CARDS = yaml.safe_load((POLICY / "reason_codes.yaml").read_text())
TIERS = {
    name: tier | {"reviewed_first": tier.pop("priority") > 0}
    for name, tier in yaml.safe_load((POLICY / "tiers.yaml").read_text()).items()
}
STYLES = yaml.safe_load((POLICY / "styles.yaml").read_text())


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def reason(code: str, text: str = "hint") -> dict[str, Any]:
    return {"code": code, "hint": CARDS[code][text], "fix_and_retry": "POLICY" not in code}


def shaped(model: type[Any], value: dict[str, Any]) -> dict[str, Any]:
    """Fails if the API could not return it."""
    found: dict[str, Any] = model.model_validate(value).model_dump(mode="json")
    return found


def thumbnail(job: dict[str, Any]) -> str | None:
    avatars = job.get("avatars")
    return f"{AVATARS}/{avatars[0]['style']}.webp?256" if avatars else None


RUNNING = {"open", "moderating", "in_review", "generating", "finishing", "cancelling"}


@dataclass
class FakeLikeness:
    """The client's methods. A test sets what happens: `problems`, `jobs`, `left`."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: dict[str, dict[str, Any]] = field(default_factory=dict)  # by photo id
    left: int = 1
    avatars: int = 30  # that a new job is told
    plus: bool = False
    erased: list[str] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    fails: errors.LikenessError | None = None  # of the next create_job
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "k-1", "alg": "ES256", "use": "sig"})

    # --- what happens to a job ------------------------------------------------------------------

    def uploaded(self, job_id: str, photo_id: str) -> None:
        photo = self._photo(job_id, photo_id)
        photo |= {"state": "accepted"} | self.problems.get(photo_id, {})

    def ends(self, job_id: str, state: str, **fields: Any) -> None:
        deleted = {"photos_deleted_at": now(), "deletion": "deleted"}
        self.jobs[job_id] |= {"state": state, **deleted, **fields}

    def completes(self, job_id: str, avatars: int = 9) -> None:
        styles = self.jobs[job_id]["styles"]
        files = [f"{AVATARS}/{styles[n % len(styles)]}" for n in range(avatars)]
        drawn = [
            {
                "avatar_id": f"a{n + 1:02d}",
                "style": styles[n % len(styles)],
                "likeness": None if n == avatars - 1 else 93 - 4 * n,
                "png": f"{file}.png?n={n}",
                "webp": {512: f"{file}.webp?n={n}", 1024: f"{file}.webp?n={n}&large"},
            }
            for n, file in enumerate(files)
        ]
        self.left = 0
        later = {"avatars_expire_at": now() + timedelta(days=30), "archive": f"{AVATARS}/all.zip"}
        self.ends(job_id, "completed", avatars=drawn, **later)

    # --- the client's methods -------------------------------------------------------------------

    def all_styles(self) -> Any:
        cards = [
            {
                "style": name,
                "name": card["name"],
                "description": card["description"],
                "preview": f"/v1/styles/{name}/preview",
                "thumbnail": f"/v1/styles/{name}/preview?size=256",
            }
            for name, card in STYLES.items()
        ]
        return shaped(catalogue.StylesView, {"styles": cards, "next": None})["styles"]

    def create_job(self, order: Any, *, idempotency_key: str) -> Any:
        self.calls.append(("create_job", order, idempotency_key))
        jobs.CreateJob.model_validate(order)
        if self.fails:
            failing, self.fails = self.fails, None
            raise failing
        job_id = f"j{next(self.numbers):032x}"
        self.jobs[job_id] = {
            "job_id": job_id,
            "user_id": order["user_id"],
            "metadata": {},
            "test": False,
            "state": "open",
            "tier": "lite",
            "styles": order["styles"],
            "avatars_asked": 30,
            "avatars_planned": self.avatars,
            "created_at": now(),
            "submit_by": now() + timedelta(hours=1),
            "timeline": [],
            "photos": [],
            "photos_deleted_at": None,
        }
        posts = [self._post(job_id, one["content_type"]) for one in order["photos"]]
        created = {
            "job_id": job_id,
            "submit_by": now() + timedelta(hours=1),
            "avatars": self.avatars,
            "uploads": posts,
        }
        return shaped(jobs.JobCreated, created)

    def add_photo(self, job_id: str, photo: Any, *, idempotency_key: str) -> Any:
        self.calls.append(("add_photo", job_id, idempotency_key))
        return shaped(photos.PresignedPost, self._post(job_id, photo["content_type"]))

    def get_job(self, job_id: str) -> Any:
        running = self.jobs[job_id]["state"] in RUNNING
        more = {"quota": self._quota(), "poll_after_s": 5 if running else None}
        return shaped(job_view.JobView, self.jobs[job_id] | more)

    def list_jobs(self, user_id: str, *, limit: int) -> Any:
        names = jobs.JobSummary.model_fields
        found = [
            {name: value for name, value in job.items() if name in names}
            | {"avatars_shown": len(job.get("avatars", ())), "thumbnail": thumbnail(job)}
            for job in reversed(self.jobs.values())
            if job["user_id"] == user_id
        ]
        return shaped(jobs.JobsView, {"jobs": found[:limit], "next": None})

    def submit_job(self, job_id: str, *, idempotency_key: str) -> Any:
        self.calls.append(("submit_job", job_id, idempotency_key))
        self.jobs[job_id]["state"] = "moderating"
        return {"job_id": job_id, "state": "moderating"}

    def keep_avatars(self, job_id: str, picks: Any, *, idempotency_key: str) -> Any:
        self.calls.append(("keep_avatars", job_id, idempotency_key))
        job = self.jobs[job_id]
        job["avatars"] = [one for one in job["avatars"] if one["avatar_id"] in picks["avatars"]]
        return {"job_id": job_id, "avatars": picks["avatars"], "avatars_expire_at": None}

    def appeal_job(self, job_id: str, *, idempotency_key: str) -> Any:
        self.calls.append(("appeal_job", job_id, idempotency_key))
        photos = [{"photo_id": "p01", "state": "awaited"}]
        times = {"opened_at": now(), "decide_by": now() + timedelta(hours=23), "decided_at": None}
        appeal = {"state": "open", "photos": photos, **times}
        self.jobs[job_id]["statement"]["appeal"] = appeal
        post = self._post(job_id, "image/jpeg") | {"photo_id": "p01"}
        return shaped(appeals.AppealUploadsView, {"appeal": appeal, "uploads": [post]})

    def delete_photo(self, job_id: str, photo_id: str) -> Any:
        self._photo(job_id, photo_id)["state"] = "deleted"
        return {"photo_id": photo_id, "state": "deleted"}

    def delete_job(self, job_id: str) -> Any:
        self.ends(job_id, "completed", avatars=[], avatars_deleted_at=now())
        return {"job_id": job_id, "state": "completed"}

    def get_receipt(self, job_id: str) -> Any:
        hashed = {"keyed_hash": "0" * 64, "created_at": None, "deleted_at": now().isoformat()}
        objects = [{"object": f"photos/p{n:02d}.jpg", **hashed} for n in range(1, 9)]
        checked = [{"place": place, "left": 0} for place in ("uploads", "photos", "work")]
        claims = {"job_id": job_id, "state": "deleted", "issued_at": now().isoformat()}
        signed = self._sign("deletion", claims | {"objects": objects, "checked": checked})
        return {"job_id": job_id, "state": "deleted", "receipt": signed}

    def get_keys(self) -> Any:
        return {"keys": [self.key.as_dict(private=False)]}

    def get_quota(self, _: str) -> Any:
        return shaped(account.QuotaView, self._quota())

    def set_plus(self, user_id: str, plus: Any) -> Any:
        self.calls.append(("set_plus", user_id, plus))
        self.plus = datetime.fromisoformat(plus["expires_at"]) > datetime.now(UTC)
        return {"active": self.plus} | plus

    def request_erasure(self, user_id: str) -> Any:
        self.erased.append(user_id)
        return {"erasure_id": "e" + "0" * 32}

    def get_erasure(self, erasure_id: str) -> Any:
        times = {"requested_at": now().isoformat(), "finished_at": now().isoformat()}
        claims = {"erasure_id": erasure_id, "jobs": 2, "objects": 31, "retained": "", **times}
        return {"state": "done", "receipt": self._sign("erasure", claims)}

    def download(self, url: str) -> bytes:
        self.calls.append(("download", url))
        return b"a picture"

    def _photo(self, job_id: str, photo_id: str) -> dict[str, Any]:
        photos: list[dict[str, Any]] = self.jobs[job_id]["photos"]
        return next(photo for photo in photos if photo["photo_id"] == photo_id)

    def _post(self, job_id: str, content_type: str) -> dict[str, Any]:
        photos = self.jobs[job_id]["photos"]
        photo_id = f"p{len(photos) + 1:02d}"
        photos.append({"photo_id": photo_id, "state": "awaited"})
        return {
            "photo_id": photo_id,
            "url": f"{UPLOADS}/",
            "fields": {"key": f"uploads/{job_id}/{photo_id}", "Content-Type": content_type},
            "max_bytes": 20 * 1024 * 1024,
            "expires_at": now() + timedelta(minutes=10),
        }

    def _quota(self) -> dict[str, Any]:
        return {
            "day": f"{now():%Y-%m-%d}",
            "time_zone": "Europe/Berlin",
            "tier": "plus" if self.plus else "lite",
            "tiers": [tier | {"tier": name} for name, tier in TIERS.items()],
            "plus_expires_at": now() + timedelta(days=30) if self.plus else None,
            "limit": 1,
            "used": 1 - self.left,
            "left": self.left,
            "next_day_begins_at": now().replace(hour=0, minute=0, second=0) + timedelta(days=1),
        }

    def _sign(self, kind: str, claims: dict[str, Any]) -> str:
        header = {"alg": "ES256", "kid": "k-1", "typ": f"likeness-{kind}+jws"}
        content = json.dumps({"issuer": ISSUER} | claims).encode()
        return jws.serialize_compact(header, content, self.key)


def webhook(kind: str, user_id: str, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a call of the app's webhook."""
    at = now()
    body = json.dumps({"type": kind, "timestamp": f"{at:%FT%TZ}", "data": {"user_id": user_id}})
    signature = Webhook(secret).sign("msg-1", at, body)
    headers = {"webhook-id": "msg-1", "webhook-signature": signature}
    return body.encode(), headers | {"webhook-timestamp": str(int(at.timestamp()))}


@contextmanager
def served(likeness: Any, settings: Settings | None = None, port: int = 0) -> Iterator[str]:
    """The app in a thread; its address."""
    settings = settings or Settings(
        api_url=API,
        issuer=ISSUER,
        session_secret="secret",
        webhook_secret=SECRET,
        media=(UPLOADS, AVATARS),
        https=False,
    )
    store = Store(":memory:")
    app = create_app(likeness, store, settings)
    port = port or processes.free_port()
    server = Server(app, port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.05)
            assert thread.is_alive(), "the app did not start"
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join()
        store.close()
