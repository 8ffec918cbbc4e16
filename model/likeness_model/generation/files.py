"""Write files that another process reads at the same time."""

from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no reader, such as SageMaker's checkpoint sync, sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
