from xml.etree import ElementTree as ET

import pytest

from tests.bench.trace import Span, moments, numbers
from tests.bench.waterfall import draw

LOG = [
    (103.0, "2026-11-30 12:00:03 INFO job j1 attempt 1: 30 avatars"),
    (106.5, "2026-11-30 12:00:06 INFO 7 of 8 photos can be used"),
    (107.0, "2026-11-30 12:00:07 INFO avatar a03: drawn"),
    (109.0, "2026-11-30 12:00:09 INFO avatar a01: drawn"),
    (110.0, "2026-11-30 12:00:10 INFO 30 avatars drawn, 0 not drawn"),
]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_time_of_the_container_is_divided_at_the_lines_of_its_log():
    found = [(one.name.rpartition(".")[2], one.end - one.begin) for one in moments(LOG, 101, 110.5)]

    assert found == [
        ("imports", 2.0),
        ("photos", 3.5),
        ("first_avatar", 0.5),
        ("avatars", 3.0),
        ("exit", 0.5),
    ]


def test_a_log_without_one_of_its_lines_is_not_guessed():
    with pytest.raises(RuntimeError, match="photos can be used"):
        list(moments(LOG[:1], 101, 110.5))


def test_spans_are_numbers_after_the_last_upload():
    spans = [Span("Late", 12.0, 14.5), Span("Early", 9.0, 11.0), Span("Choice", 11.0, 11.001)]

    assert numbers(spans, 10.0) == {
        "job.trace.Early.at_s": -1.0,
        "job.trace.Early.s": 2.0,
        "job.trace.Late.at_s": 2.0,
        "job.trace.Late.s": 2.5,
    }


def test_the_picture_has_a_bar_for_each_span_as_long_as_it_took():
    spans = [Span("A", 0, 4), Span("A.b", 1, 2), Span("SettleJob", 4, 8)]
    svg = ET.fromstring(draw(numbers(spans, 0)))  # noqa: S314

    bars = [float(one.get("width", "0")) for one in svg.findall(f"{SVG}rect")[1:]]
    labels = [one.text for one in svg.findall(f"{SVG}text") if one.get("class") == "label"]
    assert labels == ["A", "· b", "SettleJob"]
    assert bars[0] == pytest.approx(bars[2])
    assert bars[0] == pytest.approx(4 * bars[1], rel=0.01)
