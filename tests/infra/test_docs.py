"""Links work, decisions are listed, paths exist, make targets have a help text."""

import re
from pathlib import Path

import pytest
import yaml

from tests.infra.test_language import DOCUMENTS

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(.*)$", re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """GitHub's anchors of a document's headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_of_a_document_leads_to_a_file_and_a_heading(name):
    document = ROOT / name
    broken = []
    for path, anchor in LINK.findall(document.read_text()):
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(f"{name}: {path}#{anchor}")

    assert broken == []


def test_every_decision_is_in_the_list_under_its_title():
    titles = {
        file.name: file.read_text().splitlines()[0].removeprefix("# ")
        for file in DECISIONS.glob("[0-9]*.md")
    }
    rows = re.findall(
        r"^\| \[(\d+)\]\(([^)]+)\) \| (.+) \|$",
        (DECISIONS / "README.md").read_text(),
        re.MULTILINE,
    )

    assert {file: f"{number}. {title}" for number, file, title in rows} == titles


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/glossary.md"])
def test_every_path_in_a_document_exists(name):
    """Relative to the repository's root, or to the package of the product."""
    named = re.findall(r"`/?([a-z][\w/-]*/(?:[\w.-]+\.\w+)?)`", (ROOT / name).read_text())
    package = ROOT / "layers" / "likeness" / "likeness"

    assert named
    assert [
        path for path in named if not (ROOT / path).exists() and not (package / path).exists()
    ] == []


def test_every_make_target_has_a_help_text():
    targets = dict(TARGET.findall((ROOT / "Makefile").read_text()))

    assert "demo" in targets
    assert [name for name, rest in targets.items() if "## " not in rest] == []


def test_the_git_hook_runs_what_make_check_runs():
    check = re.search(r"^check: (.*?) ##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]

    assert check
    assert [hook["entry"] for hook in hooks] == [f"make {name}" for name in check[1].split()]
