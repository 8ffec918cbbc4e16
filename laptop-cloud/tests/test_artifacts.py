"""What is deployed is packed once, and the same content gives the same archive."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
import yaml

from laptop_cloud.artifacts import pack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    (folder / "Code" / "inner").mkdir(parents=True)
    (folder / "Code" / "app.py").write_text("1")
    (folder / "Code" / "inner" / "run.sh").write_text("2")
    (folder / "Code" / "inner" / "run.sh").chmod(0o755)
    function = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "Code"}}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x/t.yaml"}}
    template = folder / "template.yaml"
    template.write_text(yaml.safe_dump({"Resources": {"F": function, "G": function, "N": nested}}))
    return template


def code_of(packed: Path) -> set[str]:
    resources = yaml.safe_load(packed.read_text())["Resources"]
    return {resources[name]["Properties"]["CodeUri"] for name in ("F", "G")}


def test_functions_with_the_same_code_share_one_archive(built: Path, tmp_path: Path) -> None:
    (archive,) = code_of(pack(built, tmp_path / "archives"))

    with zipfile.ZipFile(archive) as content:
        assert sorted(content.namelist()) == ["app.py", "inner/run.sh"]
        assert content.getinfo("inner/run.sh").external_attr >> 16 & 0o777 == 0o755


def test_other_properties_do_not_change(built: Path, tmp_path: Path) -> None:
    packed = yaml.safe_load(pack(built, tmp_path / "archives").read_text())

    assert packed["Resources"]["N"]["Properties"] == {"TemplateURL": "x/t.yaml"}


def test_a_nested_template_is_packed_too(built: Path, tmp_path: Path) -> None:
    nested = built.parent / "x" / "t.yaml"
    nested.parent.mkdir()
    function = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "../Code"}}
    nested.write_text(yaml.safe_dump({"Resources": {"F": function, "G": function}}))

    packed = pack(built, tmp_path / "archives")

    url = yaml.safe_load(packed.read_text())["Resources"]["N"]["Properties"]["TemplateURL"]
    assert code_of(nested.parent / url) == code_of(packed)


def test_the_same_content_is_packed_once_to_the_same_bytes(built: Path, tmp_path: Path) -> None:
    (first,) = code_of(pack(built, tmp_path / "archives"))
    (other,) = code_of(pack(built, tmp_path / "elsewhere"))
    with open(first, "rb") as one, open(other, "rb") as two:  # noqa: PTH123  names, not paths
        assert one.read() == two.read()


def test_changed_code_gets_another_archive_and_the_old_one_is_deleted(
    built: Path, tmp_path: Path
) -> None:
    before = code_of(pack(built, tmp_path / "archives"))
    (built.parent / "Code" / "app.py").write_text("3")
    after = code_of(pack(built, tmp_path / "archives"))

    assert before != after
    assert {str(one) for one in (tmp_path / "archives").iterdir()} == after
