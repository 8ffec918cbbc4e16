"""The program as SageMaker runs it: from folders to files and an exit code."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.contracts.container import GenerationProgress, GenerationResult
from likeness.domain.provenance.watermark import watermark_of
from likeness_model import errors
from likeness_model.vision.images import read_rgb
from tests.model import pictures
from tests.model.conftest import PACKAGES, PATIENCE_S, ROOT, JobFolder, demo_bytes, wait_until
from tests.watermarks import watermarks_in

STYLES = ["glamour", "cosmic", "pencil", "glamour", "cosmic", "pencil"]


@contextmanager
def started(folder, *, workers=2):
    """The running program; it is ended after the test."""
    environment = os.environ | {
        "SAGEMAKER_BASE_DIR": str(folder.base),
        "LIKENESS_WORKERS": str(workers),
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": PACKAGES,
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "likeness_model"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield program
    finally:
        if program.poll() is None:
            program.send_signal(signal.SIGABRT)  # where it hangs is then in its log
            print(program.communicate()[0])


def run(folder, **how):
    """Exit code and log."""
    with started(folder, **how) as program:
        log, _ = program.communicate(timeout=PATIENCE_S)
    return program.returncode, log


def children(pid):
    """The processes started by a process (Linux)."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def checksums(folder):
    return {row["avatar_id"]: row["sha256"] for row in folder.result()["avatars"]}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished job of two photos and six avatars, and its log."""
    folder = JobFolder(tmp_path_factory.mktemp("job"))
    folder.add_photo("p01", demo_bytes("close"))
    folder.add_photo("p02", demo_bytes("tilted"))
    folder.order(STYLES)
    (folder.base / "output").mkdir()
    (folder.base / "output/failure").write_text("from an earlier run")
    code, log = run(folder)
    assert code == 0, log
    return folder, log


def test_every_avatar_is_a_picture_of_the_ordered_size(finished):
    folder, _ = finished
    result = GenerationResult.model_validate(folder.result())

    assert len(result.avatars) == len(STYLES)
    assert result.not_drawn == ()
    for avatar in result.avatars:
        picture = cv2.imread(str(folder.checkpoints / avatar.file))
        assert picture.shape == (192, 192, 3)


def test_every_avatar_contains_its_watermark_or_the_reason_why_not(finished):
    folder, _ = finished
    rows = folder.result()["avatars"]

    assert {row["watermarking"] for row in rows} <= {"written", "too_flat"}
    watermarked = [row for row in rows if row["watermarking"] == "written"]
    assert watermarked
    for row in watermarked:
        picture = read_rgb(folder.checkpoints / row["file"])
        assert watermark_of(row["seed"], 1, row["avatar_id"]) in watermarks_in(picture)


def test_the_pictures_carry_no_metadata(finished):
    folder, _ = finished
    content = (folder.checkpoints / "a01.png").read_bytes()

    assert set(re.findall(rb"tEXt|iTXt|zTXt|eXIf|tIME", content)) == set()


def test_the_glamour_avatars_have_a_small_distance(finished):
    folder, _ = finished
    measured = [row["distance"] for row in folder.result()["avatars"] if row["style"] == "glamour"]

    assert len(measured) == 2
    assert all(distance is not None and distance < 0.5 for distance in measured)


def test_age_and_skin_tone_are_measured_where_a_face_was_found(finished):
    folder, _ = finished
    rows = folder.result()["avatars"]

    assert any(row["distance"] is not None for row in rows)
    for row in rows:
        found = row["distance"] is not None
        shifts = (row["measures"]["years_younger"], row["measures"]["skin_shift"])
        assert [shift is not None for shift in shifts] == [found, found]


def test_the_result_is_in_the_model_folder_too_and_the_old_failure_is_deleted(finished):
    folder, _ = finished

    copy = (folder.base / "model/result.json").read_bytes()
    assert copy == (folder.checkpoints / "result.json").read_bytes()
    assert not (folder.base / "output/failure").exists()


def test_progress_ends_at_the_total(finished):
    folder, _ = finished
    progress = GenerationProgress.model_validate_json(
        (folder.checkpoints / "progress.json").read_bytes()
    )

    assert (progress.stage, progress.done, progress.total) == ("done", 6, 6)


def test_no_half_written_file_is_left(finished):
    folder, _ = finished

    assert [path.name for path in folder.checkpoints.iterdir() if path.name.startswith(".")] == []


def test_the_log_names_ids_and_no_path(finished):
    folder, log = finished

    assert "avatar a01: drawn" in log
    assert str(folder.base) not in log
    assert "Traceback" not in log


def test_a_stopped_job_continues_and_gives_the_same_bytes(finished, job_folder):
    whole, _ = finished
    for photo_id, content in whole.photos.items():
        job_folder.add_photo(photo_id, content)
    job_folder.order(STYLES)
    with started(job_folder) as program:
        wait_until((job_folder.checkpoints / "a01.png").exists)
        workers = children(program.pid)

        program.send_signal(signal.SIGTERM)
        sent = time.monotonic()
        program.communicate(timeout=PATIENCE_S)

    assert program.returncode == errors.TERMINATED
    assert time.monotonic() - sent < 10
    assert job_folder.failure.startswith("Terminated: ")
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    left = {p.name: p.stat().st_mtime_ns for p in job_folder.checkpoints.glob("a*.png")}
    assert left
    assert not (job_folder.checkpoints / "result.json").exists()

    code, log = run(job_folder, workers=1)

    assert code == 0
    for name, written in left.items():
        assert f"avatar {name[:3]}: restored from its checkpoint" in log
        assert (job_folder.checkpoints / name).stat().st_mtime_ns == written
    assert checksums(job_folder) == checksums(whole)


def test_a_finished_job_draws_nothing_when_it_is_restarted(finished):
    folder, _ = finished
    before = folder.result()["avatars"]

    code, log = run(folder)

    assert code == 0
    assert ": drawn" not in log
    assert folder.result()["avatars"] == before


def test_an_avatar_of_another_order_or_with_a_damaged_file_is_drawn_again(finished, job_folder):
    whole, _ = finished
    job_folder.add_photo("p01", demo_bytes("close"))
    job_folder.order(["glamour", "cosmic"])
    job_folder.checkpoints.mkdir()
    for name in ("a01.json", "a01.png", "a02.json", "a02.png"):
        content = (whole.checkpoints / name).read_bytes()
        (job_folder.checkpoints / name).write_bytes(content)
    (job_folder.checkpoints / "a01.png").write_bytes(b"\x89PNG half a")
    record = (job_folder.checkpoints / "a02.json").read_text()
    (job_folder.checkpoints / "a02.json").write_text(record.replace('"seed":2', '"seed":99'))

    code, log = run(job_folder)

    assert code == 0
    assert "restored" not in log
    assert len(job_folder.result()["avatars"]) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "OrderError: order.json: "),
        ('{"schema_version": 1}', "OrderError: order.json: job_id: Field required"),
    ],
)
def test_an_invalid_order_has_its_own_exit_code(job_folder, text, sentence):
    job_folder.write_order(text)

    code, _ = run(job_folder)

    assert code == errors.OrderError.exit_code
    assert job_folder.failure.startswith(sentence)
    assert "\n" not in job_folder.failure


def test_a_failure_file_that_cannot_be_written_does_not_change_the_exit_code(job_folder):
    (job_folder.base / "output").touch()  # no folder
    job_folder.write_order("no order")
    code, log = run(job_folder)

    assert code == errors.OrderError.exit_code
    assert "OrderError: " in log
    assert "the failure file cannot be written" in log


def test_a_missing_order_is_named(job_folder):
    code, _ = run(job_folder)

    assert code == errors.OrderError.exit_code
    assert job_folder.failure == "OrderError: the channel 'order' holds no order.json"


def test_an_unknown_style_is_rejected_before_anything_is_drawn(job_folder):
    job_folder.add_photo("p01", demo_bytes("close"))
    job_folder.order(["glamour", "crayon"])

    code, _ = run(job_folder)

    assert code == errors.OrderError.exit_code
    assert "unknown style crayon" in job_folder.failure
    assert list(job_folder.checkpoints.glob("*.png")) == []


def test_a_photo_that_differs_from_the_ordered_one_is_rejected(job_folder):
    job_folder.add_photo("p01", demo_bytes("close"))
    job_folder.order(["glamour"])
    job_folder.add_photo("p01", demo_bytes("wide"))

    code, _ = run(job_folder)

    assert code == errors.PhotosError.exit_code
    assert job_folder.failure == "PhotosError: photo p01 is not the one that was ordered"


def test_a_missing_photo_is_named(job_folder):
    job_folder.photos["p01"] = b"never written"
    job_folder.order(["glamour"])

    code, _ = run(job_folder)

    assert code == errors.PhotosError.exit_code
    assert job_folder.failure == "PhotosError: photo p01 is not in the channel 'photos'"


def test_the_job_ends_if_no_photo_can_be_decoded(job_folder):
    job_folder.add_photo("p01", b"not a picture")
    job_folder.add_photo("p02", b"")
    job_folder.order(["glamour"])

    code, _ = run(job_folder)

    assert code == errors.PhotosError.exit_code
    assert job_folder.failure == "PhotosError: no photo can be decoded"


def test_one_bad_photo_and_one_without_a_face_are_left_out(job_folder):
    grey = cv2.imencode(".jpg", np.full((300, 300, 3), 128, np.uint8))[1].tobytes()
    job_folder.add_photo("p01", b"not a picture")
    job_folder.add_photo("p02", grey)
    job_folder.add_photo("p03", demo_bytes("close"))
    job_folder.order(["glamour"])

    code, log = run(job_folder)

    assert code == 0
    assert [row["photo_id"] for row in job_folder.result()["avatars"]] == ["p03"]
    assert "photo p01: left out" in log
    assert "photo p02: left out" in log


def test_only_the_main_face_of_whole_photos_is_drawn(job_folder):
    """Photos: clear, cut, masked, and one whose main face is turned away before a stranger."""
    photo = read_rgb(ROOT / "demo/photos/01-original.jpg")
    away, main = pictures.with_stranger(photo, turned_away=True)
    both, _ = pictures.with_stranger(photo, turned_away=False)
    cut = pictures.cut(photo, "left", 0.35)
    boxes = {"p01": main, "p02": pictures.face_box(cut), "p03": main, "p04": main}
    for photo_id, picture in zip(boxes, (both, cut, pictures.masked(photo), away), strict=True):
        job_folder.add_photo(photo_id, pictures.jpeg(picture))
    job_folder.order(["glamour"] * 4, faces=boxes)

    code, log = run(job_folder)

    assert code == 0
    assert "photo p02: left out" in log
    assert "photo p04: left out" in log
    drawn = job_folder.result()["avatars"]
    assert {row["photo_id"] for row in drawn} <= {"p01", "p03"}
    assert drawn
    assert all(row["distance"] < 0.68 for row in drawn if row["photo_id"] == "p01")


def test_without_any_face_the_result_has_no_avatars_and_the_reason(job_folder):
    grey = cv2.imencode(".jpg", np.full((300, 300, 3), 128, np.uint8))[1].tobytes()
    job_folder.add_photo("p01", grey)
    job_folder.order(["glamour", "cosmic"])

    code, _ = run(job_folder)

    assert code == 0
    assert job_folder.result()["avatars"] == []
    assert [row["reason"] for row in job_folder.result()["not_drawn"]] == ["no_usable_photo"] * 2


def test_an_unexpected_error_has_the_internal_exit_code(job_folder):
    job_folder.add_photo("p01", demo_bytes("close"))
    job_folder.order(["glamour"])
    job_folder.checkpoints.write_text("a file where a folder belongs")

    code, log = run(job_folder)

    assert code == errors.INTERNAL
    assert job_folder.failure
    assert "internal error" in log


def test_copies_of_a_photo_give_fewer_avatars_and_no_near_duplicates(job_folder):
    for number in (1, 2, 3):
        job_folder.add_photo(f"p{number:02}", demo_bytes("close"))
    job_folder.order(["pencil"] * 12, size=128)

    code, _ = run(job_folder)

    result = job_folder.result()
    assert code == 0
    assert len(result["avatars"]) + len(result["not_drawn"]) == 12
    assert {row["reason"] for row in result["not_drawn"]} <= {"near_duplicate"}
    pictures = [cv2.imread(str(job_folder.checkpoints / row["file"])) for row in result["avatars"]]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
