"""Code and layers are unpacked once for each content."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from laptop_cloud.extension import function_code
from laptop_cloud.extension.function_code import delete_old, unpacked

if TYPE_CHECKING:
    from pathlib import Path


def archive(**files: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            file.writestr(zipfile.ZipInfo(f"python/{name}.py"), content)
    return buffer.getvalue()


def test_the_same_content_is_unpacked_once(tmp_path: Path) -> None:
    first = unpacked(tmp_path, archive(a="1"))
    (first / "python" / "bytecode").touch()

    second = unpacked(tmp_path, archive(a="1"))

    assert (second / "python" / "a.py").read_text() == "1"
    assert (second / "python" / "bytecode").exists()


def test_other_content_has_a_folder_of_its_own(tmp_path: Path) -> None:
    one, other = unpacked(tmp_path, archive(a="1")), unpacked(tmp_path, archive(a="2"))

    assert [(path / "python" / "a.py").read_text() for path in (one, other)] == ["1", "2"]


def test_an_empty_zip_is_an_empty_folder(tmp_path: Path) -> None:
    assert list(unpacked(tmp_path, archive()).iterdir()) == []


def test_what_was_unpacked_in_part_is_unpacked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(zipfile.ZipFile, "extractall", fail)
        with pytest.raises(OSError, match="full"):
            unpacked(tmp_path, archive(a="1"))

    assert (unpacked(tmp_path, archive(a="1")) / "python" / "a.py").exists()
    assert len(list(tmp_path.iterdir())) == 1


def fail(_: object, folder: Path) -> None:
    (folder / "part of it").touch()
    raise OSError("full")


def test_what_was_used_last_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_code, "MOST", 2)
    old, kept, used = (unpacked(tmp_path, archive(a=str(n))) for n in range(3))
    for path in (old, kept, used):
        os.utime(path, (1, 1))
    os.utime(kept, (2, 2))
    unpacked(tmp_path, archive(a="2"))

    delete_old(tmp_path)

    assert set(tmp_path.iterdir()) == {kept, used}
