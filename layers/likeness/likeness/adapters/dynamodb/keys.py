"""The keys of all items in the one table.

    pk           sk                 what                         gsi1pk           gsi1sk
    -----------  -----------------  ---------------------------  ---------------  ------------------
    JOB#<job>    META               Job                          USER#<user>      <created_at>#<job>
    JOB#<job>    PHOTO#p01          Photo
    JOB#<job>    LOOK               until when no other request looks for the job's uploads
    JOB#<job>    AVATAR#a01         Avatar
    JOB#<job>    RUN#<n>            Run: attempt n on the generation backend
    JOB#<job>    REVIEW#<review>    Review; while it waits also  REVIEWS#waiting  <rank>#<due>#<id>
    JOB#<job>    TOKEN#<review>     its task token, in an item of its own
    JOB#<job>    DELETION           Deletion: its state and receipt
    JOB#<job>    OBJECT#<object>    StoredObject: a file of the job, recorded when it was deleted
    JOB#<job>    APPEAL             Appeal
    AUDIT        <number>           AuditEntry                   AUDIT#<review>   <number>
    AUDIT        HEAD               ChainHead
    DESK#<day>   COUNTS             counters of decisions
    DESK#<day>   SEEN#<moderator>   Exposure: pictures that they revealed
    USER#<user>  PROFILE            time zone, Plus, exonerated photos, running erasure
    USER#<user>  ENTRY#<day>#<job>  QuotaEntry
    DAY#<hash>   <day>              used: how many jobs hold that day; when it ends
    HOLD#<job>   META               Hold                         HOLDS            <class>#<at>#<job>
    BLOCK#<hash> <job>              whether that job's hold blocks the user
    ERASURE#<e>  META               Erasure, with its receipt
    WATERMARK#<w> META              WatermarkRecord: which avatar contains that watermark
    DURATIONS#<b>#<t> <submitted>#<job>  how long a job of that backend and tier worked, s

A user's days are counted under a keyed hash of the user (`hash`), in items without the user's id:
only that hash and the days stay after an erasure.
Attributes `pk`, `sk`, `gsi1pk`, `gsi1sk` are strings, index `gsi1` projects everything. `ttl` is
in seconds since 1970: 90 days after creation for a job and all its items, 400 days for the ledger
and an erasure. Profiles, holds that are not returned, the audit log and watermarks do not expire:
published pictures last, and a watermark's record contains no user id. DynamoDB deletes late, so no
promise relies on `ttl`.
"""

from datetime import UTC, datetime, timedelta

from likeness.domain.account.quota import Day
from likeness.domain.ids import AvatarId, ErasureId, JobId, PhotoId, ReviewId, UserHash, UserId
from likeness.domain.provenance.watermark import WatermarkId
from likeness.domain.review.case import Review, job_of
from likeness.domain.review.hold import Hold, HoldState
from likeness.domain.review.statistics import DeskDay

INDEX = "gsi1"
TABLE_ATTRIBUTES = frozenset({"pk", "sk", "gsi1pk", "gsi1sk", "ttl"})
JOB_TTL = timedelta(days=90)
LEDGER_TTL = timedelta(days=400)
DURATIONS_TTL = timedelta(days=14)  # older durations say little about today

PHOTOS = "PHOTO#"
AVATARS = "AVATAR#"
REVIEWS = "REVIEW#"
OBJECTS = "OBJECT#"
WAITING = "REVIEWS#waiting"
AUDIT = "AUDIT"
SEEN = "SEEN#"
HOLDS = "HOLDS"

Key = dict[str, str]


def job(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "META"}


def jobs_of(user_id: UserId, created_at: datetime, job_id: JobId) -> Key:
    """In the index: a user's jobs, oldest first."""
    return {"gsi1pk": index_of(user_id), "gsi1sk": f"{sortable(created_at)}#{job_id}"}


def index_of(user_id: UserId) -> str:
    return f"USER#{user_id}"


def photo(job_id: JobId, photo_id: PhotoId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": f"{PHOTOS}{photo_id}"}


def look(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "LOOK"}


def avatar(job_id: JobId, avatar_id: AvatarId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": f"{AVATARS}{avatar_id}"}


def watermark(of: WatermarkId) -> Key:
    return {"pk": f"WATERMARK#{of}", "sk": "META"}


def review(review_id: ReviewId) -> Key:
    return {"pk": f"JOB#{job_of(review_id)}", "sk": f"{REVIEWS}{review_id}"}


def task_token(review_id: ReviewId) -> Key:
    return {"pk": f"JOB#{job_of(review_id)}", "sk": f"TOKEN#{review_id}"}


def run(job_id: JobId, attempt: int) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": f"RUN#{attempt}"}


def waiting(review: Review) -> Key:
    """In the index: most severe first, then the higher tier, then by deadline."""
    rank = f"{review.severity.rank}{9 - review.priority}"
    place = f"{rank}#{sortable(review.decide_by)}#{review.review_id}"
    return {"gsi1pk": WAITING, "gsi1sk": place}


def appeal(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "APPEAL"}


def audit_entry(number: int) -> Key:
    return {"pk": AUDIT, "sk": f"{number:012d}"}


def audit_of(review_id: ReviewId, number: int) -> Key:
    """In the index: one case's entries, oldest first."""
    return {"gsi1pk": f"AUDIT#{review_id}", "gsi1sk": f"{number:012d}"}


def audit_head() -> Key:
    return {"pk": AUDIT, "sk": "HEAD"}


def desk_counts(day: DeskDay) -> Key:
    return {"pk": f"DESK#{day}", "sk": "COUNTS"}


def exposure(day: DeskDay, moderator: str) -> Key:
    return {"pk": f"DESK#{day}", "sk": f"{SEEN}{moderator}"}


def deletion(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "DELETION"}


def stored_object(job_id: JobId, name: str, etag: str) -> Key:
    """One item for each object, by name and ETag."""
    return {"pk": f"JOB#{job_id}", "sk": f"{OBJECTS}{name}#{etag}"}


def profile(user_id: UserId) -> Key:
    return {"pk": f"USER#{user_id}", "sk": "PROFILE"}


def days(user_hash: UserHash) -> str:
    return f"DAY#{user_hash}"


def day(user_hash: UserHash, of: Day) -> Key:
    return {"pk": days(user_hash), "sk": of}


def entries(of: Day) -> str:
    """The prefix of the sort keys of a day's entries."""
    return f"ENTRY#{of}#"


def entry(user_id: UserId, of: Day, job_id: JobId) -> Key:
    return {"pk": f"USER#{user_id}", "sk": f"{entries(of)}{job_id}"}


def hold(job_id: JobId) -> Key:
    return {"pk": f"HOLD#{job_id}", "sk": "META"}


def holds(of: Hold) -> Key:
    """In the index: the waiting ones first, then those to be reported, the oldest first."""
    rank = 0 if of.state is HoldState.WAITING else 1 if of.active and not of.reported else 2
    return {"gsi1pk": HOLDS, "gsi1sk": f"{rank}#{sortable(of.held_at)}#{of.job_id}"}


def blocks(user_hash: UserHash) -> str:
    return f"BLOCK#{user_hash}"


def block(user_hash: UserHash, job_id: JobId) -> Key:
    return {"pk": blocks(user_hash), "sk": job_id}


def erasure(erasure_id: ErasureId) -> Key:
    return {"pk": f"ERASURE#{erasure_id}", "sk": "META"}


def durations_of(backend: str, tier: str) -> str:
    return f"DURATIONS#{backend}#{tier}"


def durations(backend: str, tier: str, submitted_at: datetime, job_id: JobId) -> Key:
    return {"pk": durations_of(backend, tier), "sk": f"{sortable(submitted_at)}#{job_id}"}


def sortable(moment: datetime) -> str:
    """Return a time in UTC as text that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def expiry(since: datetime, lifetime: timedelta) -> dict[str, int]:
    return {"ttl": int((since + lifetime).timestamp())}
