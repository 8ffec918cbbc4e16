"""The dashboard: metrics that exist, widgets that do not overlap, and the program that draws it."""

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import combinations
from xml.etree import ElementTree

import pytest

from infra.dashboard import Reader, picture
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import ENDED, JobState
from likeness.services.jobs.job_metrics import camel
from tests.alarms import NAMESPACE
from tests.infra.documents import ROOT
from tests.infra.stacks import properties

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
STAGES = set(JobState) - ENDED - {JobState.CANCELLING}


@pytest.fixture(scope="module")
def body():
    return json.loads(properties("Dashboard", "AWS::CloudWatch::Dashboard")["DashboardBody"])


def rows(body):
    for widget in body["widgets"]:
        yield from widget["properties"]["metrics"]


def test_every_metric_of_ours_is_published(body):
    code = "".join(path.read_text() for path in (ROOT / "layers").rglob("*.py"))
    known = set(re.findall(r'"([A-Z]\w+)"', code))
    known |= {f"Jobs{camel(one)}" for one in JobState}
    known |= {f"JobsFailed{camel(one)}" for one in FailureKind}
    known |= {f"Seconds{camel(one)}" for one in STAGES}
    shown = {row[1] for row in rows(body) if row[0] == NAMESPACE}

    assert len(shown) > 30
    assert shown <= known


def test_the_times_of_all_stages_and_the_kinds_of_all_failures_are_shown(body):
    shown = {row[1] for row in rows(body) if row[0] == NAMESPACE}

    assert {f"Seconds{camel(one)}" for one in STAGES} <= shown
    assert {f"JobsFailed{camel(one)}" for one in FailureKind} <= shown


def test_widgets_lie_beside_each_other_within_24_columns(body):
    def cells(one):
        return {
            (x, y)
            for x in range(one["x"], one["x"] + one["width"])
            for y in range(one["y"], one["y"] + one["height"])
        }

    assert all(one["x"] + one["width"] <= 24 for one in body["widgets"])
    assert not any(cells(a) & cells(b) for a, b in combinations(body["widgets"], 2))


def test_a_widget_of_days_has_the_period_of_a_day_whatever_range_is_shown(body):
    periods = {
        one["properties"]["period"]
        for one in body["widgets"]
        if one["properties"]["title"].endswith(" a day")
    }

    assert body["periodOverride"] == "inherit", "else a day's sum is one of minutes"
    assert periods == {86400}


class CloudWatch:
    """Each metric has two values: 10 minutes ago and now. There is one function."""

    def get_metric_statistics(self, *, EndTime, **asked):  # noqa: N803 - botocore's name
        name = (asked.get("Statistics") or asked["ExtendedStatistics"])[0]
        given = {0: 60.0, 10: 30.0} if asked["MetricName"] != "JobsUnfulfilled" else {}
        return {
            "Datapoints": [
                {"Timestamp": EndTime - timedelta(minutes=ago)}
                | (
                    {name: value}
                    if "Statistics" in asked
                    else {"ExtendedStatistics": {name: value}}
                )
                for ago, value in given.items()
            ]
        }

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        function = {"Name": "FunctionName", "Value": "likeness-x-FailJobFunction-A1"}
        return [{"Metrics": [{"Dimensions": [function]}, {"Dimensions": []}]}]


def test_the_picture_has_every_widget_with_its_values(body):
    since = NOW - timedelta(minutes=30)
    svg = picture(body, Reader(CloudWatch(), since, NOW, 60), since, NOW)

    texts = [one.text for one in ElementTree.fromstring(svg).iter() if one.text]  # noqa: S314 - ours
    assert {one["properties"]["title"] for one in body["widgets"]} <= set(texts)
    assert "as they should: 100" in texts, "100 - 100 * FILL(bad, 0) / ended"
    assert "JobsOpen: 90" in texts, "the sum of a count"
    assert "SecondsGenerating p90: 60" in texts, "the last of a time"
    assert "hours: 0.025" in texts, "90 s"
    assert "FailJob: 90" in texts
