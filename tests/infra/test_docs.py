"""Links work, decisions are listed, paths exist, make targets have a help text."""

import re
from pathlib import Path

import pytest
import yaml

from tests import aws_commands
from tests.infra.documents import TOP, of_type, read, read_all
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
    text = (ROOT / name).read_text()
    named = re.findall(r"`/?([a-z][\w/-]*/(?:[\w.-]+\.\w+)?)`", text)
    named += re.findall(r"pytest (tests/\S+)", text)
    package = ROOT / "layers" / "likeness" / "likeness"

    assert named
    assert [
        path for path in named if not (ROOT / path).exists() and not (package / path).exists()
    ] == []


def test_every_make_target_has_a_help_text():
    targets = dict(TARGET.findall((ROOT / "Makefile").read_text()))

    assert "demo" in targets
    assert [name for name, rest in targets.items() if "## " not in rest] == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_every_make_target_in_a_document_exists(name):
    targets = dict(TARGET.findall((ROOT / "Makefile").read_text()))
    text = (ROOT / name).read_text()
    named = re.findall(r"(?:`|^    |\$\()make (?:-s )?([a-z][a-z-]*)", text, re.MULTILINE)

    assert [one for one in named if one not in targets] == []


def test_every_aws_command_of_the_page_on_deploying_exists():
    """Operation and options, by botocore's models."""
    found = aws_commands.commands((ROOT / "docs" / "deploying.md").read_text())

    assert len(found) > 10
    assert [problem for one in found for problem in aws_commands.problems(one)] == []
    assert aws_commands.problems("aws sns subscribe --topic arn --protocol email") == [
        "aws sns subscribe --topic arn --protocol email: --topic",
        "aws sns subscribe --topic arn --protocol email: --topic-arn is missing",
    ]
    assert aws_commands.problems("aws sns follow")


def test_every_output_and_parameter_on_the_page_on_deploying_is_the_templates():
    text = (ROOT / "docs" / "deploying.md").read_text()
    known = {*read(TOP)["Outputs"], *read(TOP)["Parameters"]}
    known |= set(read("infra/account.yaml")["Outputs"])
    named = re.findall(r"<([A-Z]\w+)>|[Oo]utput `(\w+)`|\b([A-Z]\w+)=", text)
    options = {
        "STACK",
        "ENV",
        "DO",
        "CHAIN",
        "ANCHORS",
        "AUTHORITY",
        "CONFIRM",
        "PUSH",
        "REPOSITORY",
        "VARIANT",
        "ONLY",
    }
    options |= {"YES", "COUNT", "TRAINING_IMAGE", "PARAMETERS", "OUT", "PORT", "AWS_REGION"}

    assert {one for row in named for one in row if one} - options - known == {"Name", "Value"}


def test_the_page_on_deploying_counts_the_keys_and_names_the_buckets_that_stay():
    text = (ROOT / "docs" / "deploying.md").read_text()
    templates = read_all()
    keys = len(list(of_type(templates, "AWS::KMS::Key")))
    kept = [
        resource["Properties"]["BucketName"]["Sub"].split("-")[2]
        for template in templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::S3::Bucket" and "DeletionPolicy" in resource
    ]
    number = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")[keys]

    assert f"costs {number} KMS keys" in text
    assert f"the stage's {number} keys" in text
    assert len(kept) > 1
    assert [one for one in kept if f"s3 rb s3://likeness-dev-{one}-<account>" not in text] == []


def test_the_readme_has_the_figures_of_the_page_on_performance():
    page = (ROOT / "docs" / "performance.md").read_text()
    numbers = (ROOT / "README.md").read_text().partition("## In numbers")[2].partition("\n## ")[0]
    figures = re.findall(r"\d+(?:\.\d+)? s\b", numbers)

    assert figures
    assert [one for one in figures if one not in page] == []


def test_the_git_hook_runs_what_make_check_runs():
    check = re.search(r"^check: (.*?) ##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]

    assert check
    assert [hook["entry"] for hook in hooks] == [f"make {name}" for name in check[1].split()]
