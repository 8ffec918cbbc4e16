"""The program as SageMaker runs it: folders in, files and an exit code out."""

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

from likeness.contracts import GenerationProgress, GenerationResult
from likeness.domain.provenance.watermark import read_watermarks, watermark_of
from likeness_model import errors
from likeness_model.vision.watermark import read_scores
from tests.model.conftest import JobFolder, demo_bytes, read_rgb

ROOT = Path(__file__).parents[2]
STYLES = ["glamour", "cosmic", "pencil", "glamour", "cosmic", "pencil"]
PATIENCE_S = 120


@contextmanager
def started(folder, *, workers=2):
    """The program, running; it is gone afterwards whatever the test found."""
    environment = os.environ | {
        "SAGEMAKER_BASE_DIR": str(folder.base),
        "LIKENESS_WORKERS": str(workers),
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "model"), str(ROOT / "layers/likeness")]),
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


def wait_until(ready):
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def below(pid):
    """The processes started by a process (Linux)."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def sums(folder):
    return {row["avatar_id"]: row["sha256"] for row in folder.result()["avatars"]}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A job of two photos and six avatars that ran to its end; and its log."""
    folder = JobFolder(tmp_path_factory.mktemp("job"))
    folder.add_photo("p01", demo_bytes("close"))
    folder.add_photo("p02", demo_bytes("tilted"))
    folder.order(STYLES)
    (folder.base / "output").mkdir()
    (folder.base / "output/failure").write_text("from an earlier run")
    code, log = run(folder)
    assert code == 0, log
    return folder, log


def test_every_avatar_is_a_picture_of_the_ordered_size_with_its_sum(finished):
    folder, _ = finished
    result = GenerationResult.model_validate(folder.result())

    assert len(result.avatars) == len(STYLES)
    assert result.not_drawn == ()
    for avatar in result.avatars:
        picture = cv2.imread(str(folder.checkpoints / avatar.file))
        assert picture.shape == (192, 192, 3)


def test_every_avatar_bears_the_mark_that_was_ordered_or_says_why_not(finished):
    folder, _ = finished
    rows = folder.result()["avatars"]

    assert {row["marking"] for row in rows} <= {"written", "too_flat"}
    marked = [row for row in rows if row["marking"] == "written"]
    assert marked
    for row in marked:
        picture = read_rgb(folder.checkpoints / row["file"])
        assert watermark_of(row["seed"], 1, row["avatar_id"]) in read_watermarks(
            read_scores(picture).tolist()
        )


def test_the_pictures_carry_no_metadata(finished):
    folder, _ = finished
    content = (folder.checkpoints / "a01.png").read_bytes()

    assert set(re.findall(rb"tEXt|iTXt|zTXt|eXIf|tIME", content)) == set()


def test_the_glamour_avatars_are_the_user(finished):
    folder, _ = finished
    measured = [
        row["likeness"]["distance"]
        for row in folder.result()["avatars"]
        if row["style"] == "glamour"
    ]

    assert len(measured) == 2
    assert all(distance is not None and distance < 0.5 for distance in measured)


def test_the_result_is_in_the_model_folder_too_and_the_old_failure_gone(finished):
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


def test_a_job_that_was_stopped_goes_on_where_it_was_and_gives_the_same_bytes(finished, job_folder):
    whole, _ = finished
    for photo_id, content in whole.photos.items():
        job_folder.add_photo(photo_id, content)
    job_folder.order(STYLES)
    with started(job_folder) as program:
        wait_until((job_folder.checkpoints / "a01.png").exists)
        workers = below(program.pid)

        program.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        program.communicate(timeout=PATIENCE_S)

    assert program.returncode == errors.TERMINATED
    assert time.monotonic() - asked < 10
    assert job_folder.failure.startswith("Terminated: ")
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    left = {p.name: p.stat().st_mtime_ns for p in job_folder.checkpoints.glob("a*.png")}
    assert left
    assert not (job_folder.checkpoints / "result.json").exists()

    code, log = run(job_folder, workers=1)

    assert code == 0
    for name, written in left.items():
        assert f"avatar {name[:3]}: found, not drawn again" in log
        assert (job_folder.checkpoints / name).stat().st_mtime_ns == written
    assert sums(job_folder) == sums(whole)


def test_a_finished_job_that_is_started_again_draws_nothing(finished):
    folder, _ = finished
    before = folder.result()["avatars"]

    code, log = run(folder)

    assert code == 0
    assert ": drawn" not in log
    assert folder.result()["avatars"] == before


def test_an_avatar_of_another_order_or_with_other_bytes_is_drawn_anew(finished, job_folder):
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
    assert "found" not in log
    assert len(job_folder.result()["avatars"]) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "OrderError: order.json: "),
        ('{"schema_version": 1}', "OrderError: order.json: job_id: Field required"),
    ],
)
def test_an_order_that_cannot_be_read_ends_with_its_own_code(job_folder, text, sentence):
    job_folder.write_order(text)

    code, _ = run(job_folder)

    assert code == errors.OrderError.exit_code
    assert job_folder.failure.startswith(sentence)
    assert "\n" not in job_folder.failure


def test_a_missing_order_is_named(job_folder):
    code, _ = run(job_folder)

    assert code == errors.OrderError.exit_code
    assert job_folder.failure == "OrderError: the channel 'order' holds no order.json"


def test_an_unknown_style_is_refused_before_anything_is_drawn(job_folder):
    job_folder.add_photo("p01", demo_bytes("close"))
    job_folder.order(["glamour", "crayon"])

    code, _ = run(job_folder)

    assert code == errors.OrderError.exit_code
    assert "unknown style crayon" in job_folder.failure
    assert list(job_folder.checkpoints.glob("*.png")) == []


def test_a_photo_that_is_not_the_ordered_one_is_never_opened(job_folder):
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


def test_photos_of_which_none_can_be_decoded_end_the_job(job_folder):
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


def test_without_any_face_nothing_is_drawn_and_the_result_says_so(job_folder):
    grey = cv2.imencode(".jpg", np.full((300, 300, 3), 128, np.uint8))[1].tobytes()
    job_folder.add_photo("p01", grey)
    job_folder.order(["glamour", "cosmic"])

    code, _ = run(job_folder)

    assert code == 0
    assert job_folder.result()["avatars"] == []
    assert [row["reason"] for row in job_folder.result()["not_drawn"]] == ["no_usable_photo"] * 2


def test_a_fault_of_ours_has_the_code_of_an_internal_error(job_folder):
    job_folder.add_photo("p01", demo_bytes("close"))
    job_folder.order(["glamour"])
    job_folder.checkpoints.write_text("a file where a folder belongs")

    code, log = run(job_folder)

    assert code == errors.INTERNAL
    assert job_folder.failure
    assert "internal error" in log


def test_photos_that_are_copies_give_fewer_avatars_never_twins(job_folder):
    for number in (1, 2, 3):
        job_folder.add_photo(f"p{number:02}", demo_bytes("close"))
    job_folder.order(["pencil"] * 12, size=128)

    code, _ = run(job_folder)

    result = job_folder.result()
    assert code == 0
    assert len(result["avatars"]) + len(result["not_drawn"]) == 12
    assert {row["reason"] for row in result["not_drawn"]} <= {"twin"}
    pictures = [cv2.imread(str(job_folder.checkpoints / row["file"])) for row in result["avatars"]]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
