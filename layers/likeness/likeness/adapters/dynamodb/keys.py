"""The one table, and the keys of everything in it.

    pk           sk                 what                         gsi1pk           gsi1sk
    -----------  -----------------  ---------------------------  ---------------  ------------------
    JOB#<job>    META               Job                          USER#<user>      <created_at>#<job>
    JOB#<job>    PHOTO#p01          Photo
    JOB#<job>    AVATAR#a01         Avatar
    JOB#<job>    INFERENCE#<round>  Inference: an attempt that the endpoint draws
    JOB#<job>    REVIEW#<review>    Review; while it waits also  REVIEWS#waiting  <rank>#<due>#<id>
    JOB#<job>    TOKEN#<review>     its task token, kept apart
    JOB#<job>    DELETION           Deletion: how far it is, and its receipt
    JOB#<job>    FOUND#<object>     Found: an object that was there when the job's were deleted
    JOB#<job>    APPEAL             Appeal
    AUDIT        <number>           Entry of the audit log     AUDIT#<review>   <number>
    AUDIT        HEAD               where the audit log ends
    DESK#<day>   COUNTS             how moderators decided
    DESK#<day>   SEEN#<moderator>   pictures that they revealed
    USER#<user>  PROFILE            time zone, Plus, cleared photos, whether being erased
    USER#<user>  ENTRY#<day>#<job>  Entry of the ledger
    DAY#<subj>   <day>              used: how often jobs took that day; when it ends
    ERASURE#<e>  META               Erasure; once done, the receipt
    MARK#<mark>  META               Published: which avatar bears that mark
    PAST#<l>#<t> <submitted>#<job>  how long a job of that backend and tier worked, s

A user's days are counted under a keyed hash of the user (`subj`), apart from everything that
names the user: when a user is erased, that hash and the days are all that stays.
Attributes `pk`, `sk`, `gsi1pk`, `gsi1sk` are strings, index `gsi1` projects everything. `ttl` is in
seconds since 1970: a job and all that hangs on it goes 90 days after it began, the ledger after
400, an erasure's receipt too; a profile and the audit log stay. A mark stays as well: the picture
that bears it lasts, and its record names no user. DynamoDB deletes late, so nothing is promised by
it.
"""

from datetime import UTC, datetime, timedelta

from likeness.domain.account.quota import Day
from likeness.domain.ids import AvatarId, ErasureId, JobId, PhotoId, ReviewId, UserHash, UserId
from likeness.domain.provenance.watermark import WatermarkId
from likeness.domain.review.case import Review, job_of
from likeness.domain.review.statistics import DeskDay

INDEX = "gsi1"
TABLE_ATTRIBUTES = frozenset({"pk", "sk", "gsi1pk", "gsi1sk", "ttl"})
JOB_TTL = timedelta(days=90)
LEDGER_TTL = timedelta(days=400)
DURATIONS_TTL = timedelta(days=14)  # what a job took a month ago says little about today

PHOTOS = "PHOTO#"
AVATARS = "AVATAR#"
REVIEWS = "REVIEW#"
FOUND = "OBJECT#"
WAITING = "REVIEWS#waiting"
AUDIT = "AUDIT"
SEEN = "SEEN#"

Key = dict[str, str]


def job(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "META"}


def jobs_of(user_id: UserId, created_at: datetime, job_id: JobId) -> Key:
    """In the index: a user's jobs, the oldest first."""
    return {"gsi1pk": index_of(user_id), "gsi1sk": f"{sortable(created_at)}#{job_id}"}


def index_of(user_id: UserId) -> str:
    return f"USER#{user_id}"


def photo(job_id: JobId, photo_id: PhotoId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": f"{PHOTOS}{photo_id}"}


def avatar(job_id: JobId, avatar_id: AvatarId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": f"{AVATARS}{avatar_id}"}


def watermark(of: WatermarkId) -> Key:
    return {"pk": f"MARK#{of}", "sk": "META"}


def review(review_id: ReviewId) -> Key:
    return {"pk": f"JOB#{job_of(review_id)}", "sk": f"{REVIEWS}{review_id}"}


def task_token(review_id: ReviewId) -> Key:
    return {"pk": f"JOB#{job_of(review_id)}", "sk": f"TOKEN#{review_id}"}


def inference(job_id: JobId, attempt: int) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": f"INFERENCE#{attempt}"}


def waiting(review: Review) -> Key:
    """In the index: the most severe first; of these the higher tier's, then the next to expire."""
    rank = f"{review.severity.rank}{9 - review.priority}"
    place = f"{rank}#{sortable(review.decide_by)}#{review.review_id}"
    return {"gsi1pk": WAITING, "gsi1sk": place}


def appeal(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "APPEAL"}


def audit_entry(number: int) -> Key:
    return {"pk": AUDIT, "sk": f"{number:012d}"}


def audit_of(review_id: ReviewId, number: int) -> Key:
    """In the index: one case's entries, the oldest first."""
    return {"gsi1pk": f"AUDIT#{review_id}", "gsi1sk": f"{number:012d}"}


def audit_head() -> Key:
    return {"pk": AUDIT, "sk": "HEAD"}


def desk_counts(day: DeskDay) -> Key:
    return {"pk": f"DESK#{day}", "sk": "COUNTS"}


def exposure(day: DeskDay, moderator: str) -> Key:
    return {"pk": f"DESK#{day}", "sk": f"{SEEN}{moderator}"}


def deletion(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "DELETION"}


def found(job_id: JobId, name: str, etag: str) -> Key:
    """The same object is noted once, however often it is seen."""
    return {"pk": f"JOB#{job_id}", "sk": f"{FOUND}{name}#{etag}"}


def profile(user_id: UserId) -> Key:
    return {"pk": f"USER#{user_id}", "sk": "PROFILE"}


def days(user_hash: UserHash) -> str:
    return f"DAY#{user_hash}"


def day(user_hash: UserHash, of: Day) -> Key:
    return {"pk": days(user_hash), "sk": of}


def entries(of: Day) -> str:
    """What the sort keys of a day's entries begin with."""
    return f"ENTRY#{of}#"


def entry(user_id: UserId, of: Day, job_id: JobId) -> Key:
    return {"pk": f"USER#{user_id}", "sk": f"{entries(of)}{job_id}"}


def erasure(erasure_id: ErasureId) -> Key:
    return {"pk": f"ERASURE#{erasure_id}", "sk": "META"}


def durations_of(backend: str, tier: str) -> str:
    return f"PAST#{backend}#{tier}"


def durations(backend: str, tier: str, submitted_at: datetime, job_id: JobId) -> Key:
    return {"pk": durations_of(backend, tier), "sk": f"{sortable(submitted_at)}#{job_id}"}


def sortable(moment: datetime) -> str:
    """A moment whose text sorts as time does, whatever zone it was written in."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def expiry(since: datetime, stays: timedelta) -> dict[str, int]:
    return {"ttl": int((since + stays).timestamp())}
