"""All fakes of a use case, sharing two buckets and one job store."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from likeness.adapters.policy_files import load_reasons, load_retention
from likeness.api.account import QuotaView
from likeness.domain.account.quota import QuotaState
from likeness.domain.generation.avatar import Avatar
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.catalogue import Plus
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.test_plan import TestPlan
from likeness.domain.photos.photo import Photo
from likeness.services.account.get_quota import get_quota, quota_of
from likeness.services.deletion.job_deletion import JobDeletion
from likeness.services.deletion.job_receipts import JobReceipts
from likeness.services.jobs.waiting import Readiness
from likeness.services.review.appeal_closing import AppealClosing
from likeness.services.review.case_reader import CaseReader
from likeness.services.review.decision_effect import DecisionEffect
from likeness.services.review.holding import Holding
from tests.builders import BERLIN, JOB, NOW, TODAY, USER, USER_HASH, a_job, a_png, photos, tiers
from tests.fakes import (
    FakeAppeals,
    FakeAuditLog,
    FakeAvatarStore,
    FakeBucket,
    FakeBuckets,
    FakeClock,
    FakeCredentials,
    FakeDeadlines,
    FakeDeletions,
    FakeDeskCounters,
    FakeDetector,
    FakeDurations,
    FakeEndpoint,
    FakeErasures,
    FakeGenerator,
    FakeHash,
    FakeHoldFiles,
    FakeHolds,
    FakeInspections,
    FakeJobFiles,
    FakeJobs,
    FakeKnownCases,
    FakeLedger,
    FakeLeftovers,
    FakeMetrics,
    FakeOperatingState,
    FakePendingDecisions,
    FakePhotos,
    FakePictures,
    FakeReviews,
    FakeRuns,
    FakeShownJobs,
    FakeSigner,
    FakeSweptJobs,
    FakeTimers,
    FakeTraining,
    FakeUsers,
    FakeWatermarks,
    FakeWork,
    FakeWorkflow,
)

POLICY = load_retention().version
DEADLINE = load_retention().deadline


@dataclass
class World:
    clock: FakeClock = field(default_factory=FakeClock)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    audit_log: FakeAuditLog = field(default_factory=FakeAuditLog)
    appeals: FakeAppeals = field(default_factory=FakeAppeals)
    pictures: FakePictures = field(default_factory=FakePictures)
    photo_objects: FakeBucket = field(default_factory=FakeBucket)
    avatar_objects: FakeBucket = field(default_factory=FakeBucket)
    inspections: FakeInspections = field(default_factory=FakeInspections)
    detector: FakeDetector = field(default_factory=FakeDetector)
    workflow: FakeWorkflow = field(default_factory=FakeWorkflow)
    generator: FakeGenerator = field(default_factory=FakeGenerator)
    runs: FakeRuns = field(default_factory=FakeRuns)
    endpoint: FakeEndpoint = field(default_factory=FakeEndpoint)
    training: FakeTraining = field(default_factory=FakeTraining)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    timers: FakeTimers = field(default_factory=FakeTimers)
    keyed_hash: FakeHash = field(default_factory=FakeHash)
    deadlines: FakeDeadlines = field(default_factory=FakeDeadlines)
    deletions: FakeDeletions = field(default_factory=FakeDeletions)
    signer: FakeSigner = field(default_factory=FakeSigner)
    buckets: FakeBuckets = field(default_factory=FakeBuckets)
    known_cases: FakeKnownCases = field(default_factory=FakeKnownCases)
    pending: FakePendingDecisions = field(default_factory=FakePendingDecisions)
    durations: FakeDurations = field(default_factory=FakeDurations)

    def __post_init__(self) -> None:
        self.ledger = FakeLedger(self.jobs)
        self.users = FakeUsers(self.ledger)
        self.users.change(USER, zone=BERLIN)
        self.jobs.users = self.users
        self.jobs.audit_log = self.audit_log
        self.erasures = FakeErasures(self.users)
        self.desk_counters = FakeDeskCounters(self.audit_log)
        self.jobs.desk_counters = self.desk_counters
        self.reviews = FakeReviews(self.audit_log, self.desk_counters, self.jobs)
        self.operating_state = FakeOperatingState(self.audit_log)
        self.readiness = Readiness(
            self.operating_state, self.jobs, self.metrics, self.clock, DEADLINE
        )
        self.holds = FakeHolds(self.audit_log)
        self.hold_files = FakeHoldFiles()
        self.photos = FakePhotos(self.photo_objects)
        self.holding = Holding(
            self.jobs,
            self.photos,
            self.holds,
            self.hold_files,
            self.deletions,
            self.pictures,
            self.metrics,
            self.clock,
        )
        self.work = FakeWork(self.avatar_objects, self.photo_objects)
        self.avatar_store = FakeAvatarStore(self.avatar_objects)
        self.credentials = FakeCredentials()
        self.watermarks = FakeWatermarks()
        self.files = FakeJobFiles(self.photo_objects, self.avatar_objects)
        self.shown_jobs = FakeShownJobs(self.jobs, self.deletions)
        self.swept_jobs = FakeSweptJobs(self.jobs, self.deletions, self.appeals, self.known_cases)
        self.leftovers = FakeLeftovers(self.photo_objects, self.avatar_objects)
        self.deletion = JobDeletion(
            self.files, self.leftovers, self.deletions, self.metrics, self.clock
        )
        self.receipts = JobReceipts(
            self.deletions, self.signer, self.keyed_hash, issuer="likeness/test", policy=POLICY
        )
        self.appeal_closing = AppealClosing(
            self.jobs,
            self.reviews,
            self.appeals,
            self.files,
            self.deletions,
            self.ledger,
            self.users,
        )
        self.decision_effect = DecisionEffect(
            self.reviews,
            self.desk_counters,
            self.appeal_closing,
            self.workflow,
            self.metrics,
            self.clock,
        )
        self.case_reader = CaseReader(
            self.jobs,
            self.photos,
            self.pictures,
            load_reasons(),
            self.reviews,
            self.appeals,
            self.known_cases,
        )

    def has(
        self,
        state: JobState = JobState.OPEN,
        *,
        with_photos: Iterable[Photo] | None = None,
        with_avatars: Iterable[Avatar] = (),
        **fields: object,
    ) -> Job:
        """A job in that state, with its photos stored and its quota day reserved, if it has one."""
        job = a_job(state, **fields)
        there = photos() if with_photos is None else list(with_photos)
        if job.day is None:
            self.jobs.create(job, there)
        else:
            before = job.model_copy(update={"version": job.version - 1})
            self.jobs.create(before, there)
            self.ledger.reserve(job, limit=99, now=NOW)
        for photo in there:
            if photo.sha256:
                self.photos.store(job.job_id, photo.photo_id, b"jpeg")
        self.jobs.save_avatars(with_avatars)
        return job

    def entitle(self, plus: Plus) -> None:
        """Plus of the user, as billing reports it."""
        self.users.entitle(USER, plus, user_hash=USER_HASH, now=self.clock.now())

    def quota(self, user_id: UserId, test: TestPlan | None = None) -> QuotaView:
        return get_quota(
            user_id,
            test=test,
            users=self.users,
            ledger=self.ledger,
            keyed_hash=self.keyed_hash,
            clock=self.clock,
            tiers=tiers(),
        )

    def job_quota(self, job: Job) -> QuotaView:
        return quota_of(
            job.user_id,
            job.user_hash,
            test=job.test,
            users=self.users,
            ledger=self.ledger,
            clock=self.clock,
            tiers=tiers(),
        )

    @property
    def job(self) -> Job:
        return self.jobs.get(JOB)

    @property
    def day(self) -> QuotaState:
        """The state of the job's quota day."""
        (entry,) = self.ledger.entries(USER, TODAY)
        return entry.state

    def draws(self, *numbers: int, attempt: int = 1, job_id: JobId = JOB) -> None:
        """Write drawn avatars where the container writes them."""
        for n in numbers:
            key = f"work/{job_id}/r{attempt}/checkpoints/a{n:02d}.png"
            self.avatar_objects.put(key, a_png(n))
