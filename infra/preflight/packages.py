"""What `sam build` made: a function with its layers fits a Lambda."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from infra.preflight.findings import Finding
from infra.preflight.stacks import FUNCTION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.preflight.stacks import Stack

UNZIPPED_BYTES = 262_144_000  # "Lambda quotas": a deployment package with its layers


def check(top: Stack, built: Path) -> Iterator[Finding]:
    """The folder has one folder for each nested stack, and in it one for each function or layer."""
    layers = {
        layer.name: size(layer)
        for stack in top.nested
        for layer in sorted((built / stack).glob("*Layer"))
    }
    for logical_id, stack in top.nested.items():
        for name, properties in stack.of_type(FUNCTION):
            folder = built / logical_id / name
            where = f"{stack.file} {name}"
            if not folder.is_dir():
                yield Finding(where, f"{built.name} has no code of it: run sam build again")
                continue
            total = size(folder)
            for arn in properties.get("Layers", ()):
                layer = next((one for one in layers if re.search(f"-{one}[0-9a-f]+-", arn)), None)
                if layer is None:
                    yield Finding(where, f"{built.name} has no layer {arn}: run sam build again")
                else:
                    total += layers[layer]
            if total > UNZIPPED_BYTES:
                yield Finding(
                    where,
                    f"it has {total} bytes with its layers; Lambda allows {UNZIPPED_BYTES}. "
                    "Take a layer from it, or packages from a layer",
                )


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
