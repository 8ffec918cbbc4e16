"""Write the manifest of a folder of downloaded weights.

    python -m likeness_model.tools.weights FOLDER [--licence L] [--revision OWNER/MODEL@COMMIT]

The operator then uploads the folder to S3; `diffusion.weights.verify` checks it before loading.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import yaml

from likeness_model.diffusion.weights import (
    MANIFEST_FILE,
    Manifest,
    WeightFile,
    hashed,
    reject_code,
    weight_files,
)
from likeness_model.errors import WeightsError
from likeness_model.generation.files import write_atomically

NON_COMMERCIAL = re.compile(r"non-?commercial|(^|[-_ ])nc([-_ ]|$)", re.IGNORECASE)
COMMIT = re.compile(r"^[0-9a-f]{40}$")


def write_manifest(
    folder: Path, *, licence: str | None = None, revision: str | None = None
) -> Manifest:
    """Write the manifest of a folder with one model or several side by side.

    Without `licence` and `revision` they are read from the download: the licence from the front
    matter of the nearest README.md, the commit from `.cache/huggingface`. Raises WeightsError if
    either is missing, for a non-commercial licence, and for a file that runs code when loaded.
    """
    if not folder.is_dir():
        raise WeightsError(
            f"{folder} is not a folder: set SOURCE= to the folder of the downloaded weights"
        )
    found = weight_files(folder)
    if not found:
        raise WeightsError(f"{folder} is empty: download the weights into it first")
    origins: dict[PurePosixPath, tuple[str, str]] = {}
    drafts = []
    for name, path in found.items():
        reject_code(name)
        home = PurePosixPath(name).parent
        if home not in origins:
            origins[home] = (
                licence or _licence_of(folder, name),
                revision or _revision_of(folder, name),
            )
            _reject_non_commercial(origins[home][0], name)
        home_licence, home_revision = origins[home]
        drafts.append(
            WeightFile(
                file=name,
                size=path.stat().st_size,
                sha256="0" * 64,
                licence=home_licence,
                revision=home_revision,
            )
        )
    files = tuple(
        row.model_copy(update={"sha256": sha256}) for row, sha256 in hashed(found, drafts)
    )
    manifest = Manifest(files=files)
    write_atomically(folder / MANIFEST_FILE, f"{manifest.model_dump_json(indent=2)}\n".encode())
    return manifest


def _reject_non_commercial(licence: str, name: str) -> None:
    if NON_COMMERCIAL.search(licence):
        raise WeightsError(
            f"{name} has the licence {licence}, which forbids commercial use: use other weights, "
            "or set LICENCE= to the licence that you have"
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
    raise WeightsError(f"no licence was found for {name}: set LICENCE=")


def _revision_of(folder: Path, name: str) -> str:
    """`huggingface-cli download --local-dir` writes the commit of each file to a metadata file."""
    for parent in _parents(folder, name):
        relative = (folder / name).relative_to(parent)
        note = parent / ".cache/huggingface/download" / f"{relative}.metadata"
        if note.is_file():
            commit = note.read_text(encoding="utf-8").split("\n", 1)[0].strip()
            if COMMIT.match(commit):
                return f"{parent.resolve().name}@{commit}"
    raise WeightsError(f"no revision was found for {name}: set REVISION=owner/model@commit")


def _parents(folder: Path, name: str) -> Iterator[Path]:
    """The file's folder and its parents, up to the folder of all weights."""
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
        prog="python -m likeness_model.tools.weights",
        description="Write the manifest of a folder of downloaded weights.",
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--licence", help="of all files; by default read from README.md")
    parser.add_argument("--revision", help="owner/model@commit; by default read from the download")
    arguments = parser.parse_args()
    try:
        manifest = write_manifest(
            arguments.folder, licence=arguments.licence, revision=arguments.revision
        )
    except WeightsError as error:
        sys.exit(f"{type(error).__name__}: {error}.")
    print(
        f"{arguments.folder / MANIFEST_FILE}: {len(manifest.files)} files, "
        f"{manifest.size / 1e9:.2f} GB, {', '.join(manifest.licences)}; "
        f"{', '.join(manifest.revisions)}"
    )


if __name__ == "__main__":
    main()
