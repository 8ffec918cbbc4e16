"""A doubtful photo on the laptop cloud: left out, told and deleted, and the job needs no person."""

import io

from PIL import Image

from tests.stack.people import genuine_receipt, until


def stretched(photo: bytes) -> bytes:
    """A view that is 1.5 times as wide: still one adult face, at a similarity of 88 to 89 %."""
    picture = Image.open(io.BytesIO(photo)).convert("RGB")
    out = io.BytesIO()
    picture.resize((int(picture.width * 1.5), picture.height)).save(out, "JPEG", quality=92)
    return out.getvalue()


def test_a_doubtful_photo_is_left_out_and_the_job_completes(person, backend, selfies, objects):
    job_id = person.hands_in(*selfies[:3], stretched(selfies[7]), avatars=2)
    assert [photo["state"] for photo in backend.get_job(job_id)["photos"]] == ["accepted"] * 4
    backend.submit_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] != "moderating")

    job = backend.get_job(job_id)
    assert [photo["state"] for photo in job["photos"]] == ["accepted"] * 3 + ["left_out"]
    problem = job["photos"][3]["problem"]
    assert problem["code"] == "SUBJECT.DIFFERENT_PERSON"
    assert set(problem["hint"]) == {"en", "de"}
    assert not [key for key in objects(job_id) if "p04" in key]

    job = person.sees_end(job_id)
    assert (job["state"], len(job["avatars"])) == ("completed", 2)
    assert "in_review" not in [moment["state"] for moment in job["timeline"]]
    deleted = {one["object"] for one in genuine_receipt(backend, job_id)["objects"]}
    assert deleted >= {f"photos/p0{n}.jpg" for n in (1, 2, 3, 4)}
