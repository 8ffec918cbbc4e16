"""The keys of all items in the one table.

    pk           sk                 what                         gsi1pk           gsi1sk
    -----------  -----------------  ---------------------------  ---------------  ------------------
    JOB#<job>    META               Job                          USER#<user>      <created_at>#<job>
    JOB#<job>    PHOTO#p01          Photo
    JOB#<job>    LOOK               until when no other request looks for the job's uploads
    JOB#<job>    AVATAR#a01         Avatar
    JOB#<job>    RUN#<n>            Run: attempt n on the generation backend
    JOB#<job>    REVIEW#<review>    Review; while it waits also  REVIEWS#<class>#<shard> <due>#<id>
                                    while a moderator has it     REVIEWS#taken#<shard> <until>#<id>
                                    once it is decided           REVIEWS#<day>    <decided>#<id>
    JOB#<job>    TOKEN#<review>     its task token, in an item of its own
    JOB#<job>    DELETION           Deletion: its state and receipt
    JOB#<job>    OBJECT#<object>    StoredObject: a file of the job, recorded when it was deleted
    JOB#<job>    APPEAL             Appeal
    JOB#<job>    PROGRESS           how many avatars are drawn
    JOB#<job>    DELIVERY#<w>#<order>#<event>  Delivery  WEBHOOK#<w>#<state>#<n>  <created>#<event>
    ERASURE#<e>, WEBHOOK#<w>        the same, about an erasure or a test
    CHAIN#<chain> <number>          AuditEntry                   AUDIT#<review>   <number>
    CHAIN#<chain> HEAD              ChainHead
    ANCHORS      <number>           SignedAnchor: the heads of all chains, each day
    JOB#<job>    KNOWN              KnownCase: photos and answer of a known case, which has no job
    KNOWN        SET#<name>         KnownUse: when a set was last used, and who saw it
    KNOWN        WINDOW             until when decided cases were counted towards known ones
    JOB#<job>    REVEALED#<review>#<moderator>  which photos of the case they revealed
    DESK#<day>#<shard> COUNTS       counters of decisions of the desk; their sum counts
    DESK#<day>   COUNTS#<moderator> the same: of one moderator
    DESK#<day>   SEEN#<moderator>   Exposure: pictures that they revealed
    USER#<user>  PROFILE            time zone, Plus, exonerated photos, running erasure
    USER#<user>  ENTRY#<day>#<job>  QuotaEntry; TEST-ENTRY#<day>#<job> of a test job
    DAY#<hash>   <day>              used: how many jobs hold that day; when it ends
    HOLD#<job>   META               Hold                         HOLDS            <class>#<at>#<job>
    BLOCK#<hash> <job>              whether that job's hold blocks the user
    ERASURE#<e>  META               Erasure, with its receipt
    ERASED#<hash> META              when the user was erased: older messages of billing are ignored
    WATERMARK#<w> META              WatermarkRecord: which avatar contains that watermark
    WEBHOOKS     <webhook>          Webhook, with its encrypted secrets
    WEBHOOKS     CREATED            how many were ever created: of two at once one is refused
    WEBHOOK#<w>  CALLS#<second>     how often it was called in that second
    WEBHOOK#<w>  PAUSE              until when it is not called, because it does not keep up
    SWITCHES     META               Switches: what operators switched
    SHORTAGES    <what>             Shortage: for what a job waited last, and how long
    DURATIONS#<b>#<t> <slot>        histogram of how long jobs worked that ended in that slot

A user's days are counted under a keyed hash of the user (`hash`), in items without the user's id:
only that hash, the days and the time of the erasure stay after one.
Attributes `pk`, `sk`, `gsi1pk`, `gsi1sk` are strings, index `gsi1` projects everything. `ttl` is
in seconds since 1970: 90 days after creation for a job and all its items, 400 days for the ledger
and an erasure, 14 days for a delivery. Profiles, webhooks, holds that are not returned, the audit
log and watermarks do not expire: published pictures last, and a watermark's record contains no user
id. DynamoDB deletes late, so no promise relies on `ttl`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from likeness.domain.ids import (
    AvatarId,
    ErasureId,
    JobId,
    PhotoId,
    ReviewId,
    UserHash,
    UserId,
    WebhookId,
    shard_of,
)
from likeness.domain.jobs.estimate import slot
from likeness.domain.paging import sortable
from likeness.domain.review.case import Review, job_of
from likeness.domain.review.hold import Hold, HoldState
from likeness.domain.review.kinds import Queue, ReviewKind
from likeness.domain.review.order import key
from likeness.domain.review.statistics import DeskDay, desk_day

if TYPE_CHECKING:
    from likeness.domain.account.quota import Day
    from likeness.domain.jobs.job import Job
    from likeness.domain.jobs.operating_state import Scarce
    from likeness.domain.provenance.watermark import WatermarkId
    from likeness.domain.review.audit import AuditEntry, ChainHead
    from likeness.domain.verdict import Severity
    from likeness.domain.webhooks.delivery import Chain, Delivery, DeliveryState

INDEX = "gsi1"
TABLE_ATTRIBUTES = frozenset({"pk", "sk", "gsi1pk", "gsi1sk", "ttl"})
JOB_TTL = timedelta(days=90)
LEDGER_TTL = timedelta(days=400)
DURATIONS_TTL = timedelta(days=14)  # older durations say little about today

DELIVERY_TTL = timedelta(days=14)  # so long a failed delivery can be replayed


class Group(StrEnum):
    """Cases of the review queue that are read together."""

    PHOTOS = "photos"
    LEADS = "leads"  # appeals and escalated cases
    SECONDS = "seconds"  # second opinions


QUEUE_SHARDS = {Group.PHOTOS: 4, Group.LEADS: 1, Group.SECONDS: 1}
TAKEN_SHARDS = 4
DELIVERY_SHARDS = 8  # a job has about twenty events, and each changes its state once
DESK_SHARDS = 16  # each job is counted at least once, in a transaction

PHOTOS = "PHOTO#"
AVATARS = "AVATAR#"
REVIEWS = "REVIEW#"
OBJECTS = "OBJECT#"
ANCHORS = "ANCHORS"
COUNTS = "COUNTS#"
WEBHOOKS = "WEBHOOKS"
WEBHOOK_IDS = "w"
SEEN = "SEEN#"
HOLDS = "HOLDS"
KNOWN = "KNOWN"
KNOWN_USES = "SET#"

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
    """In the index: by group and severity, the next to expire first. Second opinions are a group by
    their own deadline, which differs from the one that they show.

    While a moderator has the case it is elsewhere, so that others do not read it to find the next
    one: by when the lease ends, or the decision takes effect.
    """
    if review.lease or review.pending:
        by = review.lease.by if review.lease else review.decided_by
        until = review.lease.until if review.lease else review.counts_at
        return {
            "gsi1pk": taken_by(by or ""),
            "gsi1sk": f"{sortable(until or review.decide_by)}#{review.review_id}",
        }
    group = group_of(review)
    shard = shard_of(review.job_id, QUEUE_SHARDS[group])
    return {
        "gsi1pk": _waiting(group, review.severity, shard),
        "gsi1sk": key(review, blind=group is not Group.SECONDS),
    }


def group_of(review: Review) -> Group:
    if review.kind is ReviewKind.SECOND:
        return Group.SECONDS
    return Group.PHOTOS if review.queue is Queue.PHOTOS else Group.LEADS


def waiting_of(group: Group, severity: Severity) -> list[str]:
    """The partitions in the index of the cases that wait and that no moderator has."""
    return [_waiting(group, severity, shard) for shard in range(QUEUE_SHARDS[group])]


def _waiting(group: Group, severity: Severity, shard: int) -> str:
    return f"REVIEWS#{group}-{severity}#{shard}"


def all_taken() -> list[str]:
    return [_taken(shard) for shard in range(TAKEN_SHARDS)]


def taken_by(moderator: str) -> str:
    return _taken(shard_of(moderator, TAKEN_SHARDS))


def _taken(shard: int) -> str:
    return f"REVIEWS#taken#{shard}"


def closed(review: Review, decided_at: datetime) -> Key:
    """In the index: the cases that were decided on a day, by time."""
    place = f"{sortable(decided_at)}#{review.review_id}"
    return {"gsi1pk": closed_on(desk_day(decided_at)), "gsi1sk": place}


def closed_on(day: DeskDay) -> str:
    return f"REVIEWS#{day}"


def appeal(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "APPEAL"}


def chain(number: int) -> str:
    return f"CHAIN#{number:02d}"


def audit_entry(of: ChainHead | AuditEntry) -> Key:
    return {"pk": chain(of.chain), "sk": f"{of.number:012d}"}


def audit_of(review_id: ReviewId) -> str:
    return f"AUDIT#{review_id}"


def audit_of_case(entry: AuditEntry) -> Key:
    """In the index: one case's entries, oldest first. An event without a case is not in it."""
    if entry.review_id is None:
        return {}
    return {"gsi1pk": audit_of(entry.review_id), "gsi1sk": f"{entry.number:012d}"}


def chain_head(number: int) -> Key:
    return {"pk": chain(number), "sk": "HEAD"}


def anchor(number: int) -> Key:
    return {"pk": ANCHORS, "sk": f"{number:06d}"}


def desk(day: DeskDay) -> str:
    return f"DESK#{day}"


def moderator_counts(day: DeskDay, moderator: str) -> Key:
    return {"pk": desk(day), "sk": f"{COUNTS}{moderator}"}


def desk_counts(day: DeskDay, job_id: JobId) -> Key:
    """Of the whole desk: the shard that counts this job."""
    return _desk_counts(day, shard_of(job_id, DESK_SHARDS))


def all_desk_counts(day: DeskDay) -> list[Key]:
    return [_desk_counts(day, shard) for shard in range(DESK_SHARDS)]


def _desk_counts(day: DeskDay, shard: int) -> Key:
    return {"pk": f"{desk(day)}#{shard:02d}", "sk": "COUNTS"}


def revealed(review_id: ReviewId, moderator: str) -> Key:
    return {"pk": f"JOB#{job_of(review_id)}", "sk": f"REVEALED#{review_id}#{moderator}"}


def exposure(day: DeskDay, moderator: str) -> Key:
    return {"pk": desk(day), "sk": f"{SEEN}{moderator}"}


def known_case(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "KNOWN"}


def known_use(name: str) -> Key:
    return {"pk": KNOWN, "sk": f"{KNOWN_USES}{name}"}


def known_window() -> Key:
    return {"pk": KNOWN, "sk": "WINDOW"}


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


def entries(of: Day, *, test: bool = False) -> str:
    """The prefix of the sort keys of a day's entries: of jobs, or of test jobs."""
    return f"TEST-ENTRY#{of}#" if test else f"ENTRY#{of}#"


def entry(job: Job, of: Day) -> Key:
    prefix = entries(of, test=job.test is not None)
    return {"pk": f"USER#{job.user_id}", "sk": f"{prefix}{job.job_id}"}


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


def erased(user_hash: UserHash) -> Key:
    return {"pk": f"ERASED#{user_hash}", "sk": "META"}


def durations_of(backend: str, tier: str) -> str:
    return f"DURATIONS#{backend}#{tier}"


def durations(backend: str, tier: str, ended_at: datetime) -> Key:
    return {"pk": durations_of(backend, tier), "sk": sortable(slot(ended_at))}


SWITCHES: Key = {"pk": "SWITCHES", "sk": "META"}
SHORTAGES = "SHORTAGES"


def shortage(of: Scarce) -> Key:
    return {"pk": SHORTAGES, "sk": of}


def progress(job_id: JobId) -> Key:
    return {"pk": f"JOB#{job_id}", "sk": "PROGRESS"}


WEBHOOKS_CREATED: Key = {"pk": WEBHOOKS, "sk": "CREATED"}


def webhook(webhook_id: WebhookId) -> Key:
    return {"pk": WEBHOOKS, "sk": webhook_id}


def webhook_calls(webhook_id: WebhookId, second: int) -> Key:
    return {"pk": f"WEBHOOK#{webhook_id}", "sk": f"CALLS#{second}"}


def webhook_pause(webhook_id: WebhookId) -> Key:
    return {"pk": f"WEBHOOK#{webhook_id}", "sk": "PAUSE"}


SUBJECTS = {"j": "JOB", "e": "ERASURE", "w": "WEBHOOK"}  # by the first letter of an id


def deliveries(chain: Chain) -> tuple[str, str]:
    """The partition of a chain's deliveries, and the prefix of their sort keys."""
    return f"{SUBJECTS[chain.subject[0]]}#{chain.subject}", f"DELIVERY#{chain.webhook_id}#"


def delivery(of: Delivery) -> Key:
    """Numbers of the stream have up to 40 digits (StreamRecord, SequenceNumber)."""
    pk, prefix = deliveries(of.chain)
    return {"pk": pk, "sk": f"{prefix}{of.order:0>40}#{of.event_id}"}


def deliveries_of(webhook_id: WebhookId, state: DeliveryState) -> list[str]:
    """The partitions in the index: a webhook's deliveries in one state, since few of many fail."""
    return [_deliveries_of(webhook_id, state, shard) for shard in range(DELIVERY_SHARDS)]


def delivery_of(of: Delivery) -> Key:
    """In the index: a webhook's deliveries, oldest first."""
    shard = shard_of(of.chain.subject, DELIVERY_SHARDS)
    return {
        "gsi1pk": _deliveries_of(of.chain.webhook_id, of.state, shard),
        "gsi1sk": f"{sortable(of.created_at)}#{of.event_id}",
    }


def _deliveries_of(webhook_id: WebhookId, state: DeliveryState, shard: int) -> str:
    return f"WEBHOOK#{webhook_id}#{state}#{shard}"


def expiry(since: datetime, lifetime: timedelta) -> dict[str, int]:
    return {"ttl": int((since + lifetime).timestamp())}
