"""The operator's weights: what they are, where they came from, and that they are those very files.

    python -m likeness_model.weights FOLDER [--licence L] [--revision OWNER/MODEL@COMMIT]

writes `manifest.json` into a folder of downloaded weights. The folder is then uploaded to the
operator's own S3 prefix; `verify` is asked before anything is loaded from where it arrives.
"""

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from likeness.contracts import Contract
from likeness_model.errors import WeightsError

MANIFEST_FILE = "manifest.json"
# Formats that run code when they are loaded, and code itself: never in a folder of weights.
RUNS_CODE = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth", ".py", ".so"})
NON_COMMERCIAL = re.compile(r"non-?commercial|(^|[-_ ])nc([-_ ]|$)", re.IGNORECASE)
COMMIT = re.compile(r"^[0-9a-f]{40}$")
AT_ONCE = 4  # files hashed side by side: hashing lets go of the interpreter's lock

# Read by these libraries, of Hugging Face and onnxruntime, when they are imported.
OFFLINE = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DO_NOT_TRACK": "1",
}


class WeightFile(Contract):
    """One file of the weights."""

    file: str = Field(description="path below the folder, with slashes")
    size: int = Field(ge=0, description="bytes")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str = Field(min_length=1)
    revision: str = Field(min_length=1, description="where it came from: owner/model@commit")


class Manifest(Contract):
    """`manifest.json`: every file of the folder but itself."""

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
        return tuple(sorted({row.revision for row in self.files}))


def go_offline() -> None:
    """Nothing is fetched or reported at run time. To be called before any of them is imported;
    the container has no network either."""
    os.environ.update(OFFLINE)


def verify(folder: Path) -> Manifest:
    """The manifest of a folder in which every file is the one that it names, and no other is.

    Raises WeightsError with one sentence that says what is wrong and what to do. Sizes are
    compared before sums, so that a download that was cut off costs no hashing of gigabytes.
    """
    manifest = read_manifest(folder)
    rows = {row.file: row for row in manifest.files}
    found = {name: path for name, path in _files(folder) if name != MANIFEST_FILE}
    if missing := sorted(rows.keys() - found.keys()):
        raise WeightsError(f"{missing[0]} is in {MANIFEST_FILE} and not there: upload it again")
    if unnamed := sorted(found.keys() - rows.keys()):
        raise WeightsError(
            f"{unnamed[0]} is not in {MANIFEST_FILE}: remove it, or write the manifest anew with "
            "make weights"
        )
    for name, row in rows.items():
        _refuse_code(name)
        size = found[name].stat().st_size
        if size != row.size:
            raise WeightsError(
                f"{name} has {size} bytes and {MANIFEST_FILE} says {row.size}: upload it again"
            )
    for row, sha256 in _hashed(found, manifest.files):
        if sha256 != row.sha256:
            raise WeightsError(
                f"{row.file} does not have the sum in {MANIFEST_FILE}: upload it again"
            )
    return manifest


def read_manifest(folder: Path) -> Manifest:
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


def write_manifest(
    folder: Path, *, licence: str | None = None, revision: str | None = None
) -> Manifest:
    """Describe a folder of downloaded weights; several models may lie in it side by side.

    What is not given is read from what a download leaves there: the licence from the front
    matter of the nearest README.md, the commit from `.cache/huggingface`. Raises WeightsError
    where neither says it, for a licence that forbids commercial use, and for a file that runs
    code when it is loaded.
    """
    if not folder.is_dir():
        raise WeightsError(
            f"{folder} is not a folder: SOURCE= names that of the downloaded weights"
        )
    found = {name: path for name, path in _files(folder) if name != MANIFEST_FILE}
    if not found:
        raise WeightsError(f"{folder} is empty: download the weights into it first")
    origins: dict[PurePosixPath, tuple[str, str]] = {}
    drafts = []
    for name, path in found.items():
        _refuse_code(name)
        home = PurePosixPath(name).parent
        if home not in origins:
            origins[home] = (
                licence or _licence_of(folder, name),
                revision or _revision_of(folder, name),
            )
            _refuse_non_commercial(origins[home][0], name)
        said, source = origins[home]
        drafts.append(
            WeightFile(
                file=name, size=path.stat().st_size, sha256="0" * 64, licence=said, revision=source
            )
        )
    files = tuple(
        row.model_copy(update={"sha256": sha256}) for row, sha256 in _hashed(found, drafts)
    )
    manifest = Manifest(files=files)
    part = folder / f".{MANIFEST_FILE}.part"
    part.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(folder / MANIFEST_FILE)
    return manifest


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below, by its name with slashes, sorted; hidden ones (a download's notes) are
    left out: nothing loads them. A link that leads out of the folder is refused."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts) or path.is_dir():
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            raise WeightsError(
                f"{name.as_posix()} is a link that leads out of the folder: copy the file itself"
            )
        yield name.as_posix(), path


def _hashed(found: dict[str, Path], rows: Sequence[WeightFile]) -> Iterator[tuple[WeightFile, str]]:
    def digest(row: WeightFile) -> str:
        with found[row.file].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(rows, pool.map(digest, rows), strict=True)


def _refuse_code(name: str) -> None:
    if PurePosixPath(name).suffix.lower() in RUNS_CODE:
        raise WeightsError(
            f"{name} can run code when it is loaded: remove it, safetensors files are enough"
        )


def _refuse_non_commercial(licence: str, name: str) -> None:
    if NON_COMMERCIAL.search(licence):
        raise WeightsError(
            f"{name} has the licence {licence}, which forbids commercial use: take other weights, "
            "or name the licence that you have with LICENCE="
        )


def _licence_of(folder: Path, name: str) -> str:
    for parent in _parents(folder, name):
        readme = parent / "README.md"
        if readme.is_file():
            parts = readme.read_text(encoding="utf-8", errors="replace").split("---", 2)
            front = _yaml(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
            said = front.get("license_name") if front.get("license") == "other" else None
            if found := said or front.get("license"):
                return str(found)
    raise WeightsError(f"nothing says which licence {name} has: name it with LICENCE=")


def _revision_of(folder: Path, name: str) -> str:
    """`huggingface-cli download --local-dir` notes the commit of each file beside it."""
    for parent in _parents(folder, name):
        relative = (folder / name).relative_to(parent)
        note = parent / ".cache/huggingface/download" / f"{relative}.metadata"
        if note.is_file():
            commit = note.read_text(encoding="utf-8").split("\n", 1)[0].strip()
            if COMMIT.match(commit):
                return f"{parent.resolve().name}@{commit}"
    raise WeightsError(
        f"nothing says which revision {name} is of: name it with REVISION=owner/model@commit"
    )


def _parents(folder: Path, name: str) -> Iterator[Path]:
    """The file's folder and those around it, up to the folder of all weights."""
    for parent in (folder / name).parents:
        yield parent
        if parent == folder:
            return


def _yaml(text: str) -> dict[str, object]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m likeness_model.weights",
        description="Write the manifest of a folder of downloaded weights.",
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--licence", help="of all files; read from README.md when left out")
    parser.add_argument("--revision", help="owner/model@commit; read likewise")
    asked = parser.parse_args()
    try:
        manifest = write_manifest(asked.folder, licence=asked.licence, revision=asked.revision)
    except WeightsError as error:
        sys.exit(f"{type(error).__name__}: {error}.")
    print(
        f"{asked.folder / MANIFEST_FILE}: {len(manifest.files)} files, "
        f"{manifest.size / 1e9:.2f} GB, {', '.join(manifest.licences)}; "
        f"{', '.join(manifest.revisions)}"
    )


if __name__ == "__main__":
    main()
