"""docs/review-desk.md is the contract for moderators' pages: its examples must be correct."""

import re

import pytest

from docs import openapi
from likeness.api import holds as api_holds, review as api_reviews
from likeness.domain.review.audit import AuditAction
from tests.infra.documents import ROOT

PAGE = (ROOT / "docs" / "review-desk.md").read_text()
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ROUTES = [handler.operation for handler in openapi.handlers() if handler.operation.moderators]

MESSAGES = {
    name: found
    for module in (api_reviews, api_holds)
    for name, found in vars(module).items()
    if isinstance(found, type) and found.__module__ == module.__name__
}


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_every_example_matches_the_api(name, example):
    message = MESSAGES[name].model_validate_json(example)

    assert message.model_validate_json(message.model_dump_json()) == message


def test_every_message_of_the_review_desk_has_an_example():
    shown = {name for name, _ in EXAMPLES}
    within = {"LeaseView", "FindingView", "CasePhoto", "AuditEntryView", "ModeratorStats"} | {
        "QueueStats",
        "SecondStats",
        "AppealStats",
        "KnownStats",
        "ReviewSummary",
        "NoteView",
        "AgreementView",
        "WorkStats",
        "UserContext",
        "GuidelineView",
        "DecidedView",
        "ExportedEntry",
        "ChainHeadView",
        "AnchorView",
        "ReasonFigures",
    }
    queries = {
        "StatsQuery",
        "QueueQuery",
        "DecidedQuery",
        "AuditExportQuery",
        "TransparencyQuery",
    }
    within |= {"HoldSummary", "HeldPhotoView", "IpAddress", "ReportedUser", "ReportedFile"}

    assert set(MESSAGES) == shown | within | queries


@pytest.mark.parametrize("operation", ROUTES, ids=lambda operation: operation.name)
def test_every_route_of_the_review_desk_is_documented(operation):
    assert f"### {operation.method} {operation.path}" in PAGE
    assert operation.summary


@pytest.mark.parametrize("action", list(AuditAction))
def test_every_audit_action_is_documented(action):
    assert f"`{action}`" in PAGE
