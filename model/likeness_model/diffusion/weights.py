"""Verify the operator's weights against their manifest before they are used."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field, ValidationError

from likeness.contracts import Contract
from likeness_model.errors import WeightsError

MANIFEST_FILE = "manifest.json"
# Code, and formats that run code when they are loaded: not allowed in a folder of weights.
RUNS_CODE = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth", ".py", ".so"})
HASHING_THREADS = 4  # hashing releases the interpreter's lock
LARGE = 64 << 20  # bytes


class WeightFile(Contract):
    """One file of the weights."""

    file: str = Field(description="path below the folder, with slashes")
    size: int = Field(ge=0, description="bytes")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str = Field(min_length=1)
    revision: str = Field(min_length=1, description="source: owner/model@commit")


class Manifest(Contract):
    """`manifest.json`: every file of the folder except itself."""

    schema_version: Literal[1] = 1
    files: tuple[WeightFile, ...] = Field(min_length=1)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(row.size for row in self.files)

    @property
    def licences(self) -> tuple[str, ...]:
        return tuple(sorted({row.licence for row in self.files}))

    @property
    def revisions(self) -> tuple[str, ...]:
        return self.revisions_of([""])

    def revisions_of(self, reads: Sequence[str]) -> tuple[str, ...]:
        """Of the files whose path begins with one of `reads`."""
        rows = (row for row in self.files if row.file.startswith(tuple(reads)))
        return tuple(sorted({row.revision for row in rows}))


def verify(folder: Path) -> Manifest:
    """Check that the folder holds exactly the files of its manifest, and return the manifest.

    Raises WeightsError, which says what is wrong and what to do.
    """
    with verified_while_loading(folder, [""]) as manifest:
        return manifest


@contextmanager
def verified_while_loading(folder: Path, reads: Sequence[str]) -> Iterator[Manifest]:
    """As `verify`, but hashes only files whose path begins with one of `reads`, and large ones
    while the block loads them: gigabytes are then read from the disk once. What the block has
    loaded must not be used if the context raises WeightsError.

    Sizes are compared first, so that an incomplete download is found without hashing gigabytes, and
    small files are hashed first: configurations and tokenizers, which parsers read.
    """
    manifest = read_manifest(folder)
    found = weight_files(folder)
    _compare_names_and_sizes(manifest, found)
    rows = [row for row in manifest.files if row.file.startswith(tuple(reads))]
    _compare_checksums(found, [row for row in rows if row.size < LARGE])
    with ThreadPoolExecutor(1) as background:
        large = [row for row in rows if row.size >= LARGE]
        comparison = background.submit(_compare_checksums, found, large)
        try:
            yield manifest
        finally:
            comparison.result()  # also explains why a damaged file could not be loaded


def _compare_names_and_sizes(manifest: Manifest, found: Mapping[str, Path]) -> None:
    rows = {row.file: row for row in manifest.files}
    if missing := sorted(rows.keys() - found.keys()):
        raise WeightsError(f"{missing[0]} is in {MANIFEST_FILE} but missing: upload it again")
    if unnamed := sorted(found.keys() - rows.keys()):
        raise WeightsError(
            f"{unnamed[0]} is not in {MANIFEST_FILE}: remove it, or write the manifest again with "
            "make weights"
        )
    for name, row in rows.items():
        reject_code(name)
        size = found[name].stat().st_size
        if size != row.size:
            raise WeightsError(
                f"{name} has {size} bytes and {MANIFEST_FILE} says {row.size}: upload it again"
            )


def _compare_checksums(found: Mapping[str, Path], rows: Sequence[WeightFile]) -> None:
    for row, sha256 in hashed(found, rows):
        if sha256 != row.sha256:
            raise WeightsError(
                f"{row.file} does not match the SHA-256 in {MANIFEST_FILE}: upload it again"
            )


def read_manifest(folder: Path) -> Manifest:
    """Raises WeightsError."""
    path = folder / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as missing:
        raise WeightsError(
            f"the weights have no {MANIFEST_FILE}: make weights SOURCE=folder writes it"
        ) from missing
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WeightsError(f"{MANIFEST_FILE}: {where}: {first['msg']}") from wrong


def weight_files(folder: Path) -> dict[str, Path]:
    """Every file except the manifest by its path with slashes, sorted. Hidden files (a download's
    metadata) are left out: nothing loads them. Raises WeightsError for a link out of the folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts) or path.is_dir():
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            raise WeightsError(
                f"{name.as_posix()} is a link that leads out of the folder: copy the file itself"
            )
        if name.as_posix() != MANIFEST_FILE:
            found[name.as_posix()] = path
    return found


def hashed(
    found: Mapping[str, Path], rows: Sequence[WeightFile]
) -> Iterator[tuple[WeightFile, str]]:
    """Each row with its file's SHA-256."""

    def digest(row: WeightFile) -> str:
        with found[row.file].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        yield from zip(rows, pool.map(digest, rows), strict=True)


def reject_code(name: str) -> None:
    """Raises WeightsError for a file that runs code when it is loaded."""
    if PurePosixPath(name).suffix.lower() in RUNS_CODE:
        raise WeightsError(
            f"{name} can run code when it is loaded: remove it and use safetensors files"
        )
