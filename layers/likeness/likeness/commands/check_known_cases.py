"""Check a folder of known cases before it is uploaded: the manifest, and every picture.

python -m likeness.commands.check_known_cases known/

It needs no account, so it does not know what moderation finds in the pictures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from likeness.adapters.photos import pictures
from likeness.domain.errors import Invalid
from likeness.domain.reasons import Refused
from likeness.domain.review.known_case import MANIFEST, KnownManifest, read_manifest


def main() -> None:
    parser = argparse.ArgumentParser(prog="check_known_cases", description=__doc__)
    parser.add_argument("folder", type=Path, help=f"with {MANIFEST} and the pictures")
    folder = parser.parse_args().folder
    try:
        manifest = read_manifest((folder / MANIFEST).read_bytes())
    except (OSError, Invalid) as wrong:
        sys.exit(str(wrong))
    if faults := check(manifest, folder):
        sys.exit("\n".join(faults))
    approved = sum(not case.answer() for case in manifest.cases)
    sys.stdout.write(f"{len(manifest.cases)} known cases, {approved} of them to be approved.\n")


def check(manifest: KnownManifest, folder: Path) -> list[str]:
    """Return what is wrong with each picture, by the decoder of users' uploads."""
    faults = []
    for file in (photo.file for case in manifest.cases for photo in case.photos):
        try:
            pictures.normalise((folder / file).read_bytes())
        except OSError:
            faults.append(f"{file}: there is no such file")
        except Refused as refused:
            faults.append(f"{file}: {refused.reason}")
    return faults


if __name__ == "__main__":
    main()
