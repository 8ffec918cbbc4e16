"""A container that behaves according to the number of ordered avatars, and draws only squares.

3 fails with a failure file, 4 hangs until it is stopped; every other number delivers squares
of one colour, at once.
"""

import hashlib
import os
import signal
import struct
import sys
import time
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "layers" / "likeness"))

from likeness.contracts.container import DrawnAvatar, GenerationOrder, GenerationResult  # noqa: E402 - a container finds it in its image

FAILS, HANGS = 3, 4


def main() -> int:
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    order = GenerationOrder.model_validate_json(
        (base / "input" / "data" / "order" / "order.json").read_text()
    )
    if len(order.avatars) == FAILS:
        (base / "output" / "failure").write_text("MoodError: not today")
        return 1
    if len(order.avatars) == HANGS:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        time.sleep(600)
    deliver(order, base / "checkpoints")
    return 0


def deliver(order: GenerationOrder, checkpoints: Path) -> None:
    checkpoints.mkdir(exist_ok=True)
    drawn = []
    for n, wanted in enumerate(order.avatars):
        content = png(n, order.size)
        put(checkpoints / f"{wanted.avatar_id}.png", content)
        drawn.append(
            DrawnAvatar(
                avatar_id=wanted.avatar_id,
                style=wanted.style,
                seed=wanted.seed,
                file=f"{wanted.avatar_id}.png",
                sha256=hashlib.sha256(content).hexdigest(),
                photo_id=order.photos[0].photo_id,
                draws=1,
            )
        )
    result = GenerationResult(
        job_id=order.job_id,
        attempt=order.attempt,
        engine=order.engine,
        engine_version="moody",
        avatars=tuple(drawn),
        seconds=0,
    )
    put(checkpoints / "result.json", result.model_dump_json().encode())


def put(path: Path, content: bytes) -> None:
    """Writes atomically: checkpoints are copied while they are written."""
    half = path.with_name(f".{path.name}")
    half.write_bytes(content)
    half.rename(path)


def png(n: int, side: int) -> bytes:
    row = b"\0" + bytes((40 + n * 7, 120, 160)) * side
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * side, 1)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


if __name__ == "__main__":
    sys.exit(main())
