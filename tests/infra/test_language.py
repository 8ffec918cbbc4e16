"""Plain English, one word per thing, and lines that fit. docs/glossary.md has the words."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = "docs/glossary.md"
QUOTING = {GLOSSARY, "tests/infra/test_language.py"}
TEXT = {".css", ".html", ".js", ".md", ".py", ".sh", ".svg", ".toml", ".ts", ".yaml", ".yml"}
NAMES = {"Dockerfile", "Makefile", "NOTICE"}
DOCUMENT_WIDTH = 100
YAML_WIDTH = 120
ALLOWED = {
    "CHANGELOG.md": {"lane"},  # the old name of the parameter `Backend`
    "model/likeness_model/painter/styles/portrait/sky.py": {"lanes"},  # dust lanes of a galaxy
}


def tracked() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


FILES = tracked()
TEXTS = [
    name
    for name in FILES
    if (Path(name).suffix in TEXT or Path(name).name in NAMES) and name not in QUOTING
]
DOCUMENTS = [name for name in FILES if name.endswith(".md")]
YAML = [name for name in FILES if name.endswith((".yaml", ".yml"))]


def refused() -> set[str]:
    _, _, table = (ROOT / GLOSSARY).read_text().partition("## Words that a test refuses")
    return set(re.findall(r"^\| ([a-z]+) \|", table, re.MULTILINE)) - {"not"}


REFUSED = refused()


def words(line: str) -> set[str]:
    """Identifiers are split: `ChooseLane` and `test_nobody` have two words each."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", line)}


def wrappable(text: str) -> list[tuple[int, str]]:
    """Numbered lines of a document without tables and links, which cannot be wrapped."""
    return [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if not (line.startswith("|") or "](" in line)
    ]


def test_the_glossary_lists_words_to_refuse():
    assert len(REFUSED) > 5


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_uses_the_words_of_the_glossary(name):
    lines = (ROOT / name).read_text().splitlines()
    not_allowed = REFUSED - ALLOWED.get(name, set())

    assert [
        f"{name}:{number}: {', '.join(sorted(found))}"
        for number, line in enumerate(lines, 1)
        if (found := words(line) & not_allowed)
    ] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_wraps_at_100_characters(name):
    assert [
        f"{name}:{number}"
        for number, line in wrappable((ROOT / name).read_text())
        if len(line) > DOCUMENT_WIDTH
    ] == []


@pytest.mark.parametrize("name", YAML)
def test_a_line_of_yaml_has_at_most_120_characters(name):
    lines = (ROOT / name).read_text().splitlines()

    assert [
        f"{name}:{number}" for number, line in enumerate(lines, 1) if len(line) > YAML_WIDTH
    ] == []
