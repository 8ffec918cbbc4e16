"""Packs each folder of a build once, so that a second deployment packs nothing.

The SAM CLI packs a folder again for every function that uses it and at every deployment. It uploads
an archive as it is.
"""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
NESTED = "AWS::CloudFormation::Stack"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes give the same archive


def pack(built: Path, archives: Path) -> Path:
    """Write packed.yaml beside a built template: the same, with archives instead of folders.

    Nested templates are packed too. Archives that no template uses are deleted.
    """
    archives.mkdir(exist_ok=True)
    used: set[Path] = set()
    packed = _pack(built, archives, used)
    for old in set(archives.iterdir()) - used:
        old.unlink()
    return packed


def _pack(built: Path, archives: Path, used: set[Path]) -> Path:
    template: dict[str, Any] = yaml.safe_load(built.read_text())
    for resource in template["Resources"].values():
        name = CODE.get(resource["Type"], "")
        code = resource.get("Properties", {}).get(name)
        if isinstance(code, str) and (folder := built.parent / code).is_dir():
            made = archive(folder, archives)
            used.add(made)
            resource["Properties"][name] = str(made)
        if resource["Type"] == NESTED:
            nested = built.parent / resource["Properties"]["TemplateURL"]
            if nested.is_file():
                resource["Properties"]["TemplateURL"] = str(_pack(nested, archives, used))
    packed = built.with_name("packed.yaml")
    packed.write_text(yaml.safe_dump(template, sort_keys=False))
    return packed


def archive(folder: Path, archives: Path) -> Path:
    """The folder's archive; the same content is packed once."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    content = hashlib.sha256()
    for file in files:
        content.update(f"{file.relative_to(folder)}\n{file.stat().st_mode}\n".encode())
        content.update(hashlib.sha256(file.read_bytes()).digest())
    target = archives / f"{content.hexdigest()[:24]}.zip"
    if target.exists():
        return target
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w") as packed:
        for file in files:
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), EPOCH)
            entry.external_attr = file.stat().st_mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.read_bytes(), compresslevel=1)
    part.rename(target)
    return target
