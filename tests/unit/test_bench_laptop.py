from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from tests.bench import laptop, warm

DELETE_PHOTOS = "likeness-local-Pipeline-1768152b-4a9-DeletePhotosFu5B14DDCB61884"
LOG = f"""
INFO function {DELETE_PHOTOS} used 60 of 1024 MB
INFO function {DELETE_PHOTOS} used 512 of 1024 MB
INFO function bench-constant used 30 of 1024 MB
"""


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A cloud that is described only: a job ends 7 s after its last upload."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "ministack.log").write_text(LOG)
    folders = SimpleNamespace(state=tmp_path)
    found = SimpleNamespace(project=SimpleNamespace(folders=folders))
    backend = MagicMock()
    backend.create_job.return_value = {"job_id": "j1", "uploads": [{}] * len(laptop.PHOTOS)}
    backend.wait_for_job.return_value = {
        "state": "completed",
        "timeline": [{"at": "2026-11-30T12:00:07+00:00"}],
        "avatars": [{}] * 30,
    }
    monkeypatch.setattr(warm, "logical_ids", lambda _: {DELETE_PHOTOS: "DeletePhotos"})
    monkeypatch.setattr(laptop.cloud, "up", lambda *_, **__: found)
    monkeypatch.setattr(laptop.cloud, "down", lambda _: None)
    monkeypatch.setattr(laptop, "app_client", lambda _: backend)
    monkeypatch.setattr(laptop, "trace", lambda *_: {})
    monkeypatch.setattr(laptop, "_transitions", lambda *_: 13)
    monkeypatch.setattr(laptop, "_demo", lambda _: {})
    monkeypatch.setattr(laptop.processes, "free_port", lambda: 1)
    clock = SimpleNamespace(time=lambda: 1796040000.0, monotonic=float, perf_counter=float)
    monkeypatch.setattr(laptop, "time", clock)
    return found


def test_two_jobs_are_measured_beside_one_constant(running, monkeypatch):
    deployed = []
    monkeypatch.setattr(warm, "_deploy_constant", deployed.append)

    numbers = laptop.measure()

    assert deployed == [running]
    assert numbers[laptop.PATH] == numbers["warm_job.last_upload_to_last_avatar_s"] == 7.0


def test_the_peak_of_a_function_has_its_name_in_the_template(running):
    assert warm.memory(running) == {
        "function.DeletePhotos.peak_mb": 512,
        "function.bench-constant.peak_mb": 30,
        "ratio.memory_worst": 0.5,
    }
