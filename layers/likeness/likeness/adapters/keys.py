"""The one table, and the keys of everything in it.

    pk           sk                 what                         gsi1pk           gsi1sk
    -----------  -----------------  ---------------------------  ---------------  ------------------
    JOB#<job>    META               Job                          USER#<user>      <created_at>#<job>
    JOB#<job>    PHOTO#p01          Photo
    JOB#<job>    AVATAR#a01         Avatar
    JOB#<job>    REVIEW             Review; while it waits also  REVIEWS#waiting  <decide_by>#<job>
    JOB#<job>    REVIEW#TOKEN       its task token, kept apart
    USER#<user>  PROFILE            time zone, Plus, whether the user is being erased
    USER#<user>  ENTRY#<day>#<job>  Entry of the ledger
    DAY#<subj>   <day>              used: how often jobs took that day; when it ends
    ERASURE#<e>  META               Erasure; once done, the receipt
    MARK#<mark>  META               Published: which avatar bears that mark
    PAST#<l>#<t> <submitted>#<job>  how long a job of that lane and tier worked, s

A user's days are counted under a keyed hash of the user (`subj`), apart from everything that
names the user: when a user is erased, that hash and the days are all that stays.
Attributes `pk`, `sk`, `gsi1pk`, `gsi1sk` are strings, index `gsi1` projects everything. `ttl` is in
seconds since 1970: a job and all that hangs on it goes 90 days after it began, the ledger after
400, an erasure's receipt too; a profile stays. A mark stays as well: the
picture that bears it lasts, and its record names no user. DynamoDB deletes late, so nothing is
promised by it.
"""

from datetime import UTC, datetime, timedelta

from likeness.domain.ids import AvatarId, ErasureId, JobId, PhotoId, ReviewId, Subject, UserId
from likeness.domain.mark import MarkId
from likeness.domain.quota import Day

INDEX = "gsi1"
TABLE_ATTRIBUTES = frozenset({"pk", "sk", "gsi1pk", "gsi1sk", "ttl"})
JOBS_STAY = timedelta(days=90)
LEDGER_STAYS = timedelta(days=400)
PAST_STAYS = timedelta(days=14)  # what a job took a month ago says little about today

PHOTOS = "PHOTO#"
AVATARS = "AVATAR#"
WAITING = "REVIEWS#waiting"

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


def mark(of: MarkId) -> Key:
    return {"pk": f"MARK#{of}", "sk": "META"}


def review(review_id: ReviewId) -> Key:
    """A review has its job's id: see `likeness.domain.review.review_of`."""
    return {"pk": f"JOB#{review_id}", "sk": "REVIEW"}


def task_token(review_id: ReviewId) -> Key:
    return {"pk": f"JOB#{review_id}", "sk": "REVIEW#TOKEN"}


def waiting(review_id: ReviewId, decide_by: datetime) -> Key:
    """In the index: the reviews that wait, the next to expire first."""
    return {"gsi1pk": WAITING, "gsi1sk": f"{sortable(decide_by)}#{review_id}"}


def profile(user_id: UserId) -> Key:
    return {"pk": f"USER#{user_id}", "sk": "PROFILE"}


def days(subject: Subject) -> str:
    return f"DAY#{subject}"


def day(subject: Subject, of: Day) -> Key:
    return {"pk": days(subject), "sk": of}


def entries(of: Day) -> str:
    """What the sort keys of a day's entries begin with."""
    return f"ENTRY#{of}#"


def entry(user_id: UserId, of: Day, job_id: JobId) -> Key:
    return {"pk": f"USER#{user_id}", "sk": f"{entries(of)}{job_id}"}


def erasure(erasure_id: ErasureId) -> Key:
    return {"pk": f"ERASURE#{erasure_id}", "sk": "META"}


def past_of(lane: str, tier: str) -> str:
    return f"PAST#{lane}#{tier}"


def past(lane: str, tier: str, submitted_at: datetime, job_id: JobId) -> Key:
    return {"pk": past_of(lane, tier), "sk": f"{sortable(submitted_at)}#{job_id}"}


def sortable(moment: datetime) -> str:
    """A moment whose text sorts as time does, whatever zone it was written in."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def expiry(since: datetime, stays: timedelta) -> dict[str, int]:
    return {"ttl": int((since + stays).timestamp())}
