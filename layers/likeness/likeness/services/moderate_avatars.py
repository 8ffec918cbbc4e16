"""Judge every avatar before anybody sees it, by the policy that reads the photos."""

from concurrent.futures import ThreadPoolExecutor

from likeness.contracts import AvatarsModerated, DrawnAvatar
from likeness.domain.avatar import Avatar, AvatarState
from likeness.domain.errors import NotFound
from likeness.domain.ids import JobId
from likeness.domain.job import Job, JobState
from likeness.domain.mark import mark_of
from likeness.domain.moderation import Outcome, Policy, Seen, judge
from likeness.ports import Clock, Detector, Jobs, Work

AT_ONCE = 4
ROUNDS = 2


def moderate_avatars(
    job_id: JobId,
    round_: int,
    *,
    jobs: Jobs,
    work: Work,
    detector: Detector,
    policy: Policy,
    clock: Clock,
) -> AvatarsModerated:
    """Whatever is not clean is not shown: no human looks at avatars, they are drawn again.

    An avatar that was judged keeps its verdict when the step is replayed.
    """
    job = jobs.get(job_id)
    replayed = job.state is JobState.FINISHING and job.round == round_
    if not replayed:
        job = job.move(JobState.FINISHING, clock.now())
    judged = {avatar.avatar_id: avatar for avatar in jobs.avatars(job_id)}
    result = work.result(job_id, round_)
    new = [
        (rank, avatar)
        for rank, avatar in enumerate(result.avatars, start=100 * round_)
        if avatar.avatar_id not in judged or judged[avatar.avatar_id].round < round_
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = pool.map(
            lambda item: _judge(
                job,
                round_,
                *item,
                engine=result.engine,
                work=work,
                detector=detector,
                policy=policy,
            ),
            new,
        )
        fresh = list(verdicts)
    for avatar in fresh:
        if avatar.state is AvatarState.APPROVED:
            work.keep(avatar)
    jobs.save_avatars(fresh)
    if not replayed:
        jobs.save(job)
    judged |= {avatar.avatar_id: avatar for avatar in fresh}
    approved = sum(avatar.state is not AvatarState.REFUSED for avatar in judged.values())
    lost = [avatar for avatar in judged.values() if avatar.state is AvatarState.REFUSED]
    return AvatarsModerated(
        job_id=job_id, round=round_, redraw=bool(lost) and round_ < ROUNDS, approved=approved
    )


def _judge(
    job: Job,
    round_: int,
    rank: int,
    drawn: DrawnAvatar,
    *,
    engine: str,
    work: Work,
    detector: Detector,
    policy: Policy,
) -> Avatar:
    avatar = Avatar(
        job_id=job.job_id,
        avatar_id=drawn.avatar_id,
        style=drawn.style,
        state=AvatarState.REFUSED,
        round=round_,
        rank=rank,
        photo_id=drawn.photo_id,
        sha256=drawn.sha256,
        likeness=drawn.likeness.distance,
        verdict=judge(Seen(detector_version="", min_confidence=0), policy),
        engine=engine,
        mark=mark_of(job.seed, round_, drawn.avatar_id),
        marking=drawn.marking,
    )
    if not work.verify(drawn, job.job_id, round_):
        raise NotFound(f"avatar {drawn.avatar_id} of job {job.job_id} is not what was drawn")
    seen = detector.avatar_labels(avatar, min_confidence=policy.min_confidence)
    found = judge(
        Seen(
            labels=seen.labels,
            detector_version=seen.detector_version,
            min_confidence=policy.min_confidence,
        ),
        policy,
    )
    state = AvatarState.APPROVED if found.outcome is Outcome.CLEAN else AvatarState.REFUSED
    return avatar.model_copy(update={"verdict": found, "state": state})
