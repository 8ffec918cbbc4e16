"""What a signed-in user can do: each operation of the page's API, as calls of Likeness.

They block, so they run in threads. Responses of Likeness go to the page as they are: it knows
states, reason codes and texts in the user's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from likeness_client import receipts

if TYPE_CHECKING:
    from examples.app.store import Store, User
    from likeness_client import Likeness

CONSENT = "2026-11"  # the version of the text in page/words
PLUS = timedelta(days=30)
Json = Mapping[str, Any]


class Refused(Exception):
    """The request fails, with a status and a kind of error."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status, self.kind = status, kind


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a signed-in user.

    `body`: as the page sent it, because Likeness checks it. `key`: its Idempotency-Key, with the
    user's id, because Likeness has one space of keys for all users of this backend.
    """

    user: User
    path: dict[str, str]
    body: Any
    key: str


class Operations:
    """`api_url`: preview pictures are public there. `issuer`: of receipts, `likeness/<stage>`."""

    def __init__(self, likeness: Likeness, store: Store, *, api_url: str, issuer: str) -> None:
        self.likeness, self.store = likeness, store
        self.api_url, self.issuer = api_url, issuer

    def me(self, call: Call) -> Json:
        user = call.user
        jobs = self.likeness.list_jobs(user.user_id, limit=20)["jobs"]
        return {
            "name": user.name,
            "picture": user.picture,
            "quota": self.likeness.get_quota(user.user_id),
            "jobs": jobs,
        }

    def styles(self) -> Json:
        """The catalogue. Its pictures are public: the page fetches them from the API itself."""
        styles = self.likeness.all_styles()
        return {"styles": [one | {"thumbnail": self.api_url + one["thumbnail"]} for one in styles]}

    def create_job(self, call: Call) -> Json:
        now = datetime.now(UTC).isoformat()
        agreed = self.store.consent(call.key, now, call.user.user_id)
        created = self.likeness.create_job(
            {
                "user_id": call.user.user_id,
                "styles": call.body.get("styles"),
                "photos": call.body.get("photos"),
                "time_zone": call.body.get("time_zone"),
                "consent": {"version": CONSENT, "accepted_at": agreed},
            },
            idempotency_key=call.key,
        )
        self.store.add_job(created["job_id"], call.user.user_id)
        return created

    def get_job(self, call: Call) -> Json:
        job = self.likeness.get_job(self._job(call))
        names = {one["style"]: one["name"] for one in self.likeness.all_styles()}
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
        job_id, keys = self._job(call), self.likeness.get_keys()
        jws = self.likeness.get_receipt(job_id)["receipt"]
        claims = receipts.verify_deletion(jws, keys, issuer=self.issuer, job_id=job_id)
        return {"jws": jws, "claims": claims}

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
        return self.likeness.set_plus(
            call.user.user_id,
            {
                "expires_at": until.isoformat(),
                "source": "example-shop",
                "effective_at": datetime.now(UTC).isoformat(),
            },
        )

    def erase(self, call: Call) -> str:
        """Erase the user, at Likeness first: if that fails, the user can repeat it."""
        erasure = self.likeness.request_erasure(call.user.user_id)
        self.store.delete_user(call.user.user_id)
        return str(erasure["erasure_id"])

    def erasure(self, erasure_id: str) -> Json:
        erasure = self.likeness.get_erasure(erasure_id)
        if (jws := erasure["receipt"]) is None:
            return {"state": erasure["state"]}
        keys = self.likeness.get_keys()
        claims = receipts.verify_erasure(jws, keys, issuer=self.issuer, erasure_id=erasure_id)
        return {"state": erasure["state"], "jws": jws, "claims": claims}

    def _job(self, call: Call) -> str:
        return self._owned(call, call.path["job_id"])

    def _owned(self, call: Call, job_id: str) -> str:
        """Another user's job does not exist for this one."""
        if not self.store.owns(call.user.user_id, job_id):
            raise Refused(404, "NotFound")
        return job_id
