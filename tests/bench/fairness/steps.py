"""One person's job through the product's own use cases, in memory.

The adapters of this run: the photo decoder, Rekognition on the laptop's models, the container's
program as a process. Everything else is a fake of the tests.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from infra.laptop import vision
from infra.laptop.project import GALLERY, ROOT, tool
from laptop_cloud.rekognition.gallery import CelebrityGallery
from laptop_cloud.rekognition.operations import Rekognition as Models
from laptop_cloud.rekognition.server import Server
from likeness.adapters import policy_files
from likeness.adapters.photos import pictures
from likeness.adapters.photos.rekognition import Rekognition
from likeness.contracts.container import ORDER_FILE, RESULT_FILE, GenerationResult
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.generation.likeness import likeness_score
from likeness.domain.ids import StyleId
from likeness.domain.jobs.job import MIN_PHOTOS
from likeness.domain.photos.photo import PhotoState
from likeness.domain.record import Record
from likeness.domain.review.case import review_of
from likeness.domain.review.sampling import ReviewPolicy
from likeness.domain.verdict import Outcome
from likeness.services.generation.moderate_avatars import moderate_avatars
from likeness.services.generation.prepare_generation import prepare_generation
from likeness.services.jobs.submit_job import submit_job
from likeness.services.photos.inspect_photo import inspect_photo
from likeness.services.photos.moderate_photos import moderate_photos
from likeness.services.review.known_pictures import KnownPictures
from likeness.services.review.request_review import request_review
from likeness_model.generation.traits import NATURAL
from tests.builders import JOB, MODERATOR, a_photo
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from likeness.contracts.container import DrawnAvatar
    from likeness.domain.generation.avatar import Avatar
    from likeness.domain.moderation import Policy
    from likeness.domain.photos.photo import Photo
    from likeness.ports.photos import Detector

IMAGES = ("Image", "SourceImage", "TargetImage")
NOT_SUBMITTED = "not submitted"  # fewer photos passed the photo check than a job needs


class PersonResult(Record):
    """What happened to one person's job. Reasons are counted per photo, or per avatar."""

    person: str
    photos: int
    end: str
    refused_photos: dict[str, int] = {}
    doubts: dict[str, int] = {}
    refusals: dict[str, int] = {}
    left_out: dict[str, int] = {}
    avatars: int = 0  # ordered
    delivered: int = 0
    redrawn: int = 0
    redraws: dict[str, int] = {}
    likeness: tuple[int, ...] = ()
    tone_shift: tuple[float, ...] = ()  # degrees of ITA, positive is lighter

    @property
    def submitted(self) -> bool:
        return self.end != NOT_SUBMITTED


@contextmanager
def laptop_rekognition() -> Iterator[str]:
    """The URL of Rekognition on this machine, with the models of the laptop cloud."""
    with Server(0, Models(vision, CelebrityGallery(vision, GALLERY))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def detector(url: str, world: World) -> Rekognition:
    """The product's adapter. Each object that it names is read from the job's buckets."""
    client = boto3.client(
        "rekognition",
        region_name="eu-central-1",
        endpoint_url=url,
        aws_access_key_id="fairness",
        aws_secret_access_key="none",
        config=Config(proxies={}, read_timeout=300),
    )
    buckets = {"photos": world.photo_objects, "avatars": world.avatar_objects}

    def read(params: dict[str, Any], **_: Any) -> None:
        for image in (params[name] for name in IMAGES if name in params):
            there = image["S3Object"]
            image["Bytes"] = buckets[there["Bucket"]].get(there["Name"], "picture")

    client.meta.events.register("provide-client-params.rekognition", read)
    return Rekognition(client, photos="photos", avatars="avatars")


def run_person(
    person: str,
    files: Sequence[Path],
    *,
    styles: Sequence[str],
    count: int,
    policy: Policy,
    rekognition: str,
) -> PersonResult:
    """A job that needs a moderator is approved, so that its avatars are measured too."""
    world = World()
    seen_by = detector(rekognition, world)
    _inspect(world, files, styles, count, seen_by)
    result = PersonResult(
        person=person,
        photos=len(files),
        end=NOT_SUBMITTED,
        refused_photos=_problems(world, PhotoState.REFUSED),
    )
    if len(_accepted(world)) < MIN_PHOTOS:
        return result
    _submit(world)
    moderated = moderate_photos(
        JOB,
        jobs=world.jobs,
        detector=seen_by,
        policy=policy,
        review_policy=ReviewPolicy.read("flagged"),
        users=world.users,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        holding=world.holding,
        metrics=world.metrics,
        clock=world.clock,
        readiness=world.readiness,
    )
    used = _accepted(world)
    result = result.model_copy(
        update={
            "end": str(moderated.outcome),
            "doubts": _findings(used, Outcome.DOUBTFUL),
            "refusals": _findings(used, Outcome.REFUSED),
            "left_out": _problems(world, PhotoState.LEFT_OUT),
        }
    )
    if moderated.outcome is Outcome.REFUSED:
        return result
    if moderated.outcome is Outcome.DOUBTFUL:
        _approve(world, policy)
    return _draw(world, result, seen_by, policy)


def _inspect(
    world: World, files: Sequence[Path], styles: Sequence[str], count: int, seen_by: Detector
) -> None:
    photos = [a_photo(n, state=PhotoState.AWAITED) for n in range(1, len(files) + 1)]
    world.has(with_photos=photos, styles=tuple(map(StyleId, styles)), avatars=count)
    for photo, file in zip(photos, files, strict=True):
        inspect_photo(
            JOB,
            photo.photo_id,
            etag=world.photos.upload(JOB, photo.photo_id, file.read_bytes()),
            owner="fairness",
            time_left=timedelta(minutes=1),
            jobs=world.jobs,
            photos=world.photos,
            detector=seen_by,
            pictures=pictures,
            rules=policy_files.load_photo_rules(),
            known_pictures=KnownPictures(world.holding, pictures),
            clock=world.clock,
        )


def _submit(world: World) -> None:
    submit_job(
        JOB,
        backend="training-job",
        jobs=world.jobs,
        users=world.users,
        ledger=world.ledger,
        holds=world.holds,
        photos=world.photos,
        inspections=world.inspections,
        workflow=world.workflow,
        timers=world.timers,
        operating_state=world.operating_state,
        clock=world.clock,
        tiers=policy_files.load_tiers(),
    )


def _approve(world: World, policy: Policy) -> None:
    request_review(
        JOB,
        "token",
        jobs=world.jobs,
        reviews=world.reviews,
        clock=world.clock,
        policy=policy,
        tiers=policy_files.load_tiers(),
        decide_within=timedelta(hours=1),
    )
    now = world.clock.now()
    claimed = world.reviews.get(review_of(JOB)).claim(MODERATOR, now=now, lasts=timedelta(hours=1))
    world.reviews.save(claimed)
    world.reviews.save(claimed.decide(MODERATOR, now=now))


def _draw(world: World, result: PersonResult, seen_by: Detector, policy: Policy) -> PersonResult:
    """Both attempts, as the state machine runs them. An avatar counts once as redrawn."""
    drawn: dict[str, DrawnAvatar] = {}  # of the last attempt
    redraws: dict[str, str] = {}  # the last reason of an avatar
    for attempt in (1, 2):
        prepare_generation(
            JOB,
            attempt,
            jobs=world.jobs,
            reviews=world.reviews,
            holds=world.holds,
            work=world.work,
            readiness=world.readiness,
            clock=world.clock,
        )
        found = _run_container(world)
        drawn |= {each.avatar_id: each for each in found.avatars}
        redraws |= {each.avatar_id: "quality gate" for each in found.avatars if each.draws > 1}
        redraws |= {each.avatar_id: f"not drawn, {each.reason}" for each in found.not_drawn}
        moderated = moderate_avatars(
            JOB,
            attempt,
            jobs=world.jobs,
            work=world.work,
            detector=seen_by,
            policy=policy,
            metrics=world.metrics,
            clock=world.clock,
            readiness=world.readiness,
        )
        redraws |= {
            avatar.avatar_id: f"moderation, {avatar.verdict.reason}"
            for avatar in world.jobs.avatars(JOB)
            if avatar.verdict and avatar.state is AvatarState.REFUSED
        }
        if not moderated.redraw:
            break
    delivered = [drawn[avatar.avatar_id] for avatar in world.jobs.avatars(JOB) if _is_there(avatar)]
    return result.model_copy(
        update={
            "avatars": len(world.work.orders[0].avatars),
            "delivered": len(delivered),
            "redrawn": len(redraws),
            "redraws": dict(Counter(redraws.values())),
            "likeness": tuple(
                score for each in delivered if (score := likeness_score(each.distance)) is not None
            ),
            "tone_shift": tuple(
                each.measures.skin_shift
                for each in delivered
                if each.style in NATURAL and each.measures and each.measures.skin_shift is not None
            ),
        }
    )


def _is_there(avatar: Avatar) -> bool:
    return avatar.state is AvatarState.APPROVED


def _run_container(world: World) -> GenerationResult:
    """The program of the image in its own environment, on the last order."""
    order = world.work.orders[-1]
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        channels, checkpoints = base / "input" / "data", base / "checkpoints"
        for channel in ("order", "photos"):
            (channels / channel).mkdir(parents=True)
        (channels / "order" / ORDER_FILE).write_text(order.model_dump_json(), encoding="utf-8")
        for photo in order.photos:
            content = world.photos.read(order.job_id, photo.photo_id)
            (channels / "photos" / f"{photo.photo_id}.jpg").write_bytes(content)
        path = os.pathsep.join(str(ROOT / part) for part in ("model", "layers/likeness"))
        program = subprocess.run(
            [tool("model").command(), "-m", "likeness_model"],
            env=os.environ | {"PYTHONPATH": path, "SAGEMAKER_BASE_DIR": str(base)},
            check=False,
            stdout=subprocess.DEVNULL,
        )
        if program.returncode:
            failure = (base / "output" / "failure").read_text(encoding="utf-8")
            raise SystemExit(f"The container failed: {failure}")
        result = GenerationResult.model_validate_json((checkpoints / RESULT_FILE).read_bytes())
        files = {each.avatar_id: (checkpoints / each.file).read_bytes() for each in result.avatars}
    world.work.deliver(result, files)
    return result


def _accepted(world: World) -> list[Photo]:
    return [photo for photo in world.jobs.photos(JOB) if photo.state is PhotoState.ACCEPTED]


def _problems(world: World, state: PhotoState) -> dict[str, int]:
    photos = [photo for photo in world.jobs.photos(JOB) if photo.state is state]
    return dict(Counter(str(photo.problem.reason) for photo in photos if photo.problem))


def _findings(photos: Iterable[Photo], outcome: Outcome) -> dict[str, int]:
    """A photo counts once for each of its reasons; one that no rule of the policy has is named."""
    reasons: Counter[str] = Counter()
    for photo in photos:
        findings = photo.verdict.findings if photo.verdict else ()
        reasons.update({str(f.reason or "(no rule)") for f in findings if f.outcome is outcome})
    return dict(reasons)
