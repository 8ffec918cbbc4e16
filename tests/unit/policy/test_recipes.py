"""Recipes of CONTRIBUTING.md: each test lists the places that a new code or label still lacks."""

import pytest
import yaml

from docs import openapi
from likeness.domain.moderation import REASONS_WITHOUT_LABEL
from likeness.domain.reasons import Reason
from likeness.domain.review.case import MODERATOR_REASONS
from likeness.domain.verdict import Level
from tests.infra.documents import ROOT

# Codes are stable: a published code is never removed or renamed.
PUBLISHED = {
    "FILE": ["TYPE", "CORRUPT", "TOO_LARGE", "TOO_MANY_PIXELS", "ANIMATED"],
    "QUALITY": [
        "TOO_SMALL",
        "PANORAMA",
        "BLURRY",
        "DARK",
        "BRIGHT",
        "FACE_TOO_SMALL",
        "EXTREME_POSE",
        "SUNGLASSES",
        "OCCLUDED",
        "FACE_CUT",
    ],
    "SUBJECT": ["NO_FACE", "SEVERAL_FACES", "DIFFERENT_PERSON", "DUPLICATE"],
    "POLICY": ["NUDITY", "SUGGESTIVE", "VIOLENCE", "HATE", "DRUGS", "GESTURE"],
    "RIGHTS": ["CELEBRITY", "NOT_SELF"],
    "MINOR": ["AGE_DOUBT"],
    "ILLEGAL": ["CHILD_ABUSE"],
    "QUOTA": ["JOB_RUNNING", "DAY_USED"],
    "SYSTEM": [
        "UNAVAILABLE",
        "REVIEW_EXPIRED",
        "TOO_FEW_AVATARS",
        "CANCELLED",
        "NOT_SUBMITTED",
        "STOPPED",
        "STYLE_OFF",
        "CLOSED",
    ],
}

LAYER = ROOT / "layers" / "likeness" / "likeness"
CODES = yaml.safe_load((LAYER / "policy" / "reason_codes.yaml").read_text())
GUIDELINES = yaml.safe_load((LAYER / "policy" / "community_guidelines.yaml").read_text())
SEVERITIES = [reason for reasons in GUIDELINES["severity"].values() for reason in reasons]
LABEL_REASONS = {row.get("reason") for row in GUIDELINES["labels"].values()}
CODE = "\n".join(
    file.read_text() for file in LAYER.rglob("*.py") if file.name not in {"reasons.py"}
)
WORDS = {
    language: (ROOT / "infra" / "console" / "words" / f"{language}.js").read_text()
    for language in ("en", "de")
}
POLICY_PAGE = (ROOT / "docs" / "policy.md").read_text()


def missing_for(reason):
    card = CODES.get(reason, {})
    for language in ("en", "de"):
        if not card.get("hint", {}).get(language):
            yield f"policy/reason_codes.yaml: hint in {language}"
    if reason.needs_statement and "dsa_category" not in card:
        yield "policy/reason_codes.yaml: dsa_category"
    if reason in LABEL_REASONS | REASONS_WITHOUT_LABEL and reason not in SEVERITIES:
        yield "policy/community_guidelines.yaml: severity"
    if not (
        f"Reason.{reason.name}" in CODE or reason in LABEL_REASONS or reason in MODERATOR_REASONS
    ):
        yield "a use: a label's reason in community_guidelines.yaml, or code that raises it"
    for language, words in WORDS.items():
        if reason.family not in {"SYSTEM", "QUOTA"} and f'"reason.{reason}"' not in words:
            yield f"infra/console/words/{language}.js: reason.{reason}"
    family, _, name = reason.partition(".")
    if name not in PUBLISHED.get(family, ()):
        yield "tests/unit/policy/test_recipes.py: PUBLISHED"
    if f"`{reason}`" not in POLICY_PAGE or f'"{reason}"' not in openapi.FILE.read_text():
        yield "docs: run `make generated`"


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_code_is_complete(reason):
    missing = list(missing_for(reason))

    assert not missing, f"{reason} is missing in: {missing}"


def test_every_hint_has_a_reason_code():
    unknown = sorted(set(CODES) - set(Reason))

    assert not unknown, f"domain/reasons.py lacks {unknown}"


@pytest.mark.parametrize("label", list(GUIDELINES["labels"]))
def test_a_detector_label_is_complete(label):
    row = GUIDELINES["labels"][label]
    missing = [name for name in ("level", "review", "reason") if name not in row]
    if row.get("level") not in list(Level):
        missing.append("a level of 1, 2 or 3")
    if row.get("reason") not in list(Reason):
        missing.append("a reason code of domain/reasons.py")
    if row.get("reason") not in SEVERITIES:
        missing.append("a severity for its reason")
    if f";{label} |" not in POLICY_PAGE and f"| {label} |" not in POLICY_PAGE:
        missing.append("docs: run `make generated`")

    assert not missing, f"{label} in community_guidelines.yaml lacks: {missing}"
