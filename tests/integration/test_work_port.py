"""The work folder of generation, on the fake and on S3."""

import pytest

from likeness.contracts import AvatarOrder, GenerationOrder, OrderedPhoto, Progress
from likeness.domain.errors import Conflict, NotDeleted, NotFound
from tests.builders import JOB, OTHER_JOB, a_drawn, a_png, a_result, an_avatar, digest


def an_order_for_the_container(round_: int = 1) -> GenerationOrder:
    return GenerationOrder(
        job_id=JOB,
        round=round_,
        photos=(OrderedPhoto(photo_id="p01", sha256=digest(b"photo")),),
        avatars=(AvatarOrder(avatar_id="a01", style="comic", seed=2**62),),
    )


def checkpoint(buckets, name: str, content: bytes, *, job_id=JOB, round_: int = 1) -> None:
    """What the container writes and SageMaker copies."""
    buckets.avatar_objects.put(f"work/{job_id}/r{round_}/checkpoints/{name}", content)


@pytest.mark.parametrize("round_", [1, 2])
def test_the_container_finds_its_order_where_it_is_told(buckets, round_):
    order = an_order_for_the_container(round_)

    prepared = buckets.work.order(order)

    folder = f"work/{JOB}/r{round_}"
    written = buckets.avatar_objects.get(f"{folder}/order/order.json", "order")
    assert GenerationOrder.model_validate_json(written) == order
    assert (prepared.job_id, prepared.round) == (JOB, round_)
    assert prepared.photos_uri == f"s3://photos/photos/{JOB}/"
    assert prepared.order_uri == f"s3://avatars/{folder}/order/"
    assert prepared.checkpoint_uri == f"s3://avatars/{folder}/checkpoints/"
    assert prepared.output_uri == f"s3://avatars/{folder}/output/"


def test_a_training_job_has_one_name_for_each_round_and_fits(buckets):
    names = {buckets.work.order(an_order_for_the_container(n)).training_job_name for n in (1, 2, 1)}

    assert names == {f"likeness-{JOB}-r1", f"likeness-{JOB}-r2"}
    assert all(len(name) <= 63 for name in names)


def test_a_result_is_read_as_the_container_wrote_it(buckets):
    checkpoint(buckets, "result.json", a_result(2, 1).model_dump_json().encode())

    assert buckets.work.result(JOB, 1) == a_result(2, 1)
    with pytest.raises(NotFound):
        buckets.work.result(JOB, 2)


@pytest.mark.parametrize(
    "wrong", [a_result(1, round_=2), a_result(1, job_id=OTHER_JOB)], ids=["round", "job"]
)
def test_a_result_of_another_job_or_round_is_refused(buckets, wrong):
    checkpoint(buckets, "result.json", wrong.model_dump_json().encode())

    with pytest.raises(Conflict):
        buckets.work.result(JOB, 1)


def test_progress_is_none_until_there_is_some(buckets):
    assert buckets.work.progress(JOB, 1) is None

    progress = Progress(stage="drawing", done=3, total=30)
    checkpoint(buckets, "progress.json", progress.model_dump_json().encode())

    assert buckets.work.progress(JOB, 1) == progress


def test_progress_that_was_copied_half_written_is_none(buckets):
    checkpoint(buckets, "progress.json", b'{"stage": "draw')

    assert buckets.work.progress(JOB, 1) is None


@pytest.mark.parametrize(
    ("drawn", "there", "verified"),
    [
        (a_drawn(), a_png(1), True),
        (a_drawn(), a_png(2), False),
        (a_drawn(), None, False),
        (a_drawn(file="a02.png"), a_png(1), False),
        (a_drawn(file="../a01.png"), a_png(1), False),
    ],
    ids=["as drawn", "other bytes", "gone", "under another name", "outside"],
)
def test_an_avatar_is_what_the_container_says_or_it_is_not(buckets, drawn, there, verified):
    if there:
        checkpoint(buckets, "a01.png", there)

    assert buckets.work.verify(drawn, JOB, 1) is verified


def test_an_approved_avatar_outlives_the_work(buckets):
    checkpoint(buckets, "a01.png", a_png(1), round_=2)
    checkpoint(buckets, "result.json", b"{}", round_=2)
    buckets.work.keep(an_avatar(1, round=2))
    buckets.work.keep(an_avatar(1, round=2))

    assert buckets.work.purge(JOB) == 2

    assert buckets.avatar_objects.listing() == [f"drawn/{JOB}/a01.png"]
    assert buckets.avatar_objects.get(f"drawn/{JOB}/a01.png", "avatar") == a_png(1)


def test_keeping_an_avatar_that_is_not_there_is_not_found(buckets):
    with pytest.raises(NotFound):
        buckets.work.keep(an_avatar())


def test_purging_takes_every_round_and_no_other_job(buckets):
    buckets.work.order(an_order_for_the_container(1))
    buckets.work.order(an_order_for_the_container(2))
    buckets.avatar_objects.put(f"work/{JOB}/r1/output/x/output/model.tar.gz", b"weights")
    checkpoint(buckets, "a01.png", b"theirs", job_id=OTHER_JOB)

    assert buckets.work.purge(JOB) == 3
    assert buckets.avatar_objects.listing() == [f"work/{OTHER_JOB}/r1/checkpoints/a01.png"]
    assert buckets.work.purge(JOB) == 0


def test_work_that_could_not_be_deleted_is_never_called_deleted(buckets):
    checkpoint(buckets, "a01.png", b"avatar")
    buckets.avatar_objects.sealed = True

    with pytest.raises(NotDeleted):
        buckets.work.purge(JOB)
