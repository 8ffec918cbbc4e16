"""What a signed-in user can do: each operation of the page's API, as calls of Likeness.

They block, so they run in threads. Responses of Likeness go to the page as they are: it knows
states, reason codes and texts in the user's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from likeness_client import verify_receipt

if TYPE_CHECKING:
    from examples.app.store import Store, User
    from likeness_client import Likeness

CONSENT = "2026-11"  # the version of the text in page/words
PLUS = timedelta(days=30)
Json = dict[str, Any]


class Refused(Exception):
    """The request fails, with a status and a kind of error."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status, self.kind = status, kind


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a signed-in user.

    `key`: its Idempotency-Key. Likeness has one space of keys for all users of this backend.
    """

    user: User
    path: dict[str, str]
    body: Json
    key: str


class Operations:
    def __init__(self, likeness: Likeness, store: Store) -> None:
        self.likeness, self.store = likeness, store

    def me(self, call: Call) -> Json:
        user = call.user
        jobs = self.likeness.list_jobs(user.user_id, limit=20)["jobs"]
        return {
            "name": user.name,
            "picture": user.picture,
            "plus_until": user.plus_until,
            "quota": self.likeness.get_quota(user.user_id),
            "jobs": jobs,
        }

    def styles(self, _: Call) -> Json:
        return self.likeness.list_styles()

    def create_job(self, call: Call) -> Json:
        created = self.likeness.create_job(
            {
                "user_id": call.user.user_id,
                "styles": call.body.get("styles"),
                "photos": call.body.get("photos"),
                "time_zone": call.body.get("time_zone"),
                "consent": {"version": CONSENT, "accepted_at": datetime.now(UTC).isoformat()},
            },
            idempotency_key=call.key,
        )
        self.store.add_job(created["job_id"], call.user.user_id)
        return created

    def get_job(self, call: Call) -> Json:
        job = self.likeness.get_job(self._job(call))
        names = {one["style"]: one["name"] for one in self.styles(call)["styles"]}
        return job | {"style_names": {style: names.get(style, {}) for style in job["styles"]}}

    def add_photo(self, call: Call) -> Json:
        return self.likeness.add_photo(self._job(call), call.body, idempotency_key=call.key)

    def delete_photo(self, call: Call) -> Json:
        return self.likeness.delete_photo(self._job(call), call.path["photo_id"])

    def submit_job(self, call: Call) -> Json:
        return self.likeness.submit_job(self._job(call), idempotency_key=call.key)

    def keep_avatars(self, call: Call) -> Json:
        return self.likeness.keep_avatars(self._job(call), call.body, idempotency_key=call.key)

    def appeal_job(self, call: Call) -> Json:
        return self.likeness.appeal_job(self._job(call), idempotency_key=call.key)

    def delete_job(self, call: Call) -> Json:
        self.store.delete_picture(self._job(call))
        return self.likeness.delete_job(self._job(call))

    def receipt(self, call: Call) -> Json:
        jws = self.likeness.get_receipt(self._job(call))["receipt"]
        return {"jws": jws, "claims": verify_receipt(jws, self.likeness.get_keys())}

    def set_picture(self, call: Call) -> Json:
        """Copy an avatar: Likeness deletes it after a month. Its credentials stay in the file."""
        job_id = self._owned(call, str(call.body.get("job_id")))
        for avatar in self.likeness.get_job(job_id)["avatars"]:
            if avatar["avatar_id"] == call.body.get("avatar_id"):
                self.store.set_picture(
                    call.user.user_id, self.likeness.download(avatar["webp"]["512"]), job_id
                )
                return {}
        raise Refused(404, "NotFound")

    def buy_plus(self, call: Call) -> Json:
        """The example's shop. A real one calls this when a payment has arrived."""
        return self._set_plus(call, datetime.now(UTC) + PLUS)

    def end_plus(self, call: Call) -> Json:
        return self._set_plus(call, datetime.now(UTC))

    def _set_plus(self, call: Call, until: datetime) -> Json:
        now = datetime.now(UTC)
        plus = self.likeness.set_plus(
            call.user.user_id,
            {
                "expires_at": until.isoformat(),
                "source": "example-shop",
                "effective_at": now.isoformat(),
            },
        )
        self.store.set_plus(call.user.user_id, plus["expires_at"] if plus["active"] else None)
        return {}

    def erase(self, call: Call) -> str:
        """Erase the user, at Likeness first: if that fails, the user is still there to repeat it."""
        erasure = self.likeness.request_erasure(call.user.user_id)
        self.store.delete_user(call.user.user_id)
        return str(erasure["erasure_id"])

    def erasure(self, erasure_id: str) -> Json:
        erasure = self.likeness.get_erasure(erasure_id)
        jws = erasure["receipt"]
        claims = verify_receipt(jws, self.likeness.get_keys()) if jws else None
        return {"state": erasure["state"], "jws": jws, "claims": claims}

    def _job(self, call: Call) -> str:
        return self._owned(call, call.path["job_id"])

    def _owned(self, call: Call, job_id: str) -> str:
        """Another user's job does not exist for this one."""
        if not self.store.owns(call.user.user_id, job_id):
            raise Refused(404, "NotFound")
        return job_id
