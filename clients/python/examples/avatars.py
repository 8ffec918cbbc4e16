"""Photos of one user in, avatars out: python avatars.py USER_ID PHOTO PHOTO PHOTO ...

Needs LIKENESS_API_URL, AWS_DEFAULT_REGION and AWS credentials, as `make env` prints them.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from likeness_client import Likeness, errors, receipts


def main(user_id: str, *photos: str) -> None:
    client = Likeness(os.environ["LIKENESS_API_URL"], os.environ["AWS_DEFAULT_REGION"])
    try:
        created = client.create_job(
            {
                "user_id": user_id,
                "styles": ["comic", "watercolour"],
                "photos": [{"content_type": "image/jpeg"} for _ in photos],
                "avatars": 4,
                "time_zone": "Europe/Berlin",
                # What the user accepted in the app, and when.
                "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
            }
        )
    except errors.OverQuota as error:
        sys.exit(f"One job a day: {error}")
    job_id = created["job_id"]
    for post, photo in zip(created["uploads"], photos, strict=True):
        client.upload(post, Path(photo).read_bytes())  # or the app itself does, from the phone
    for checked in client.wait_for_photos(job_id)["photos"]:
        if problem := checked["problem"]:  # the app may replace it: add_photo
            print(f"{checked['photo_id']}: {problem['hint']['en']}")
    client.submit_job(job_id)
    for job in client.watch_job(job_id):
        done = f" {job['progress']['done']}" if job["progress"] else ""
        print(f"{job['state']}{done}")
    for number, avatar in enumerate(job["avatars"], 1):
        Path(f"{number}-{avatar['style']}.png").write_bytes(client.download(avatar["png"]))
    proof = client.wait_for_receipt(job_id)["receipt"]
    issuer = os.environ.get("LIKENESS_ISSUER", "likeness/local")
    receipt = receipts.verify_deletion(proof, client.get_keys(), issuer=issuer, job_id=job_id)
    print(f"{len(receipt['objects'])} files deleted, signed at {receipt['issued_at']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
