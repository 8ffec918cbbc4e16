"""Orders for jobs that are started by hand."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from likeness.contracts.container import GenerationOrder
from likeness.domain.provenance.watermark import watermark_of


def read_photos(folder: Path) -> dict[str, bytes]:
    """The JPEG photos of a folder, at most ten, under the workflow's ids."""
    files = sorted(folder.glob("*.jpg"))[:10]
    return {f"p{n:02}": file.read_bytes() for n, file in enumerate(files, 1)}


def make_order(
    photos: Mapping[str, bytes],
    styles: Sequence[str],
    count: int,
    *,
    random_seeds: bool = False,
    watermarked: bool = False,
    **fields: object,
) -> GenerationOrder:
    """`count` avatars with the styles in turn; `fields` are other fields of the order."""
    avatars = [
        {
            "avatar_id": f"a{n + 1:02}",
            "style": styles[n % len(styles)],
            "seed": secrets.randbits(62) if random_seeds else n,
            "watermark": watermark_of(n, 1, f"a{n + 1:02}") if watermarked else None,
        }
        for n in range(count)
    ]
    listed = [
        {"photo_id": photo_id, "sha256": hashlib.sha256(content).hexdigest()}
        for photo_id, content in photos.items()
    ]
    order = {"job_id": f"j{secrets.token_hex(16)}", "attempt": 1, "photos": listed}
    return GenerationOrder.model_validate(order | {"avatars": avatars} | fields)
