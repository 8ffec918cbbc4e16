"""The numbers of make fairness: groups, shares, intervals, table and chart."""

import json

import pytest

from tests.bench.fairness.__main__ import read_people
from tests.bench.fairness.chart import draw_chart
from tests.bench.fairness.report import (
    MEASURES,
    Value,
    by_group,
    markdown,
    median_interval,
    read_groups,
    report,
    text,
    value,
    wilson,
)
from tests.bench.fairness.steps import NOT_SUBMITTED, PersonResult

BY_NAME = {measure.name: measure for measure in MEASURES}
GROUPS = {
    "hair": {"ada": "long", "bo": "long", "cy": "short", "di": "short"},
    "glasses": {"ada": "yes", "bo": "no", "cy": "no", "di": "no"},
}


def a_person(person="ada", **fields):
    return PersonResult(**{"person": person, "photos": 4, "end": "clean"} | fields)


PEOPLE = [
    a_person("ada", end="doubtful", doubts={"MINOR.AGE_DOUBT": 2}),
    a_person(
        "bo",
        left_out={"POLICY.NUDITY": 1},
        avatars=10,
        delivered=9,
        redrawn=5,
        redraws={"quality gate": 4, "not drawn, age": 1},
        likeness=(70, 80, 90),
        tone_shift=(-4.0, -2.0, 1.0),
    ),
    a_person("cy", end="refused", refusals={"POLICY.VIOLENCE": 1}),
    a_person("di", end=NOT_SUBMITTED, refused_photos={"QUALITY.BLURRED": 2}),
]


def measured(name, people=PEOPLE):
    return value(BY_NAME[name], people)


def test_a_share_of_jobs_counts_only_people_who_could_submit():
    assert measured("people who cannot submit").value == 1 / 4
    assert measured("jobs to a moderator")[:2] == (3, 1 / 3)
    assert measured("jobs refused")[:2] == (3, 1 / 3)


def test_a_share_of_photos_or_avatars_is_the_mean_of_the_peoples():
    assert measured("photos refused at upload").value == pytest.approx(0.5 / 4)
    assert measured("photos left out").value == pytest.approx(0.25 / 3)
    assert measured("avatars redrawn")[:2] == (1, 0.5)
    assert measured("avatars missing").value == pytest.approx(0.1)


def test_likeness_and_tone_shift_are_medians_of_peoples_medians():
    lighter = a_person("di", likeness=(50,), tone_shift=(3.0,))
    assert measured("likeness", [*PEOPLE, lighter]).value == 65
    assert measured("tone shift", [*PEOPLE, lighter]).value == 0.5


def test_a_measure_without_a_person_has_no_value():
    assert measured("likeness", PEOPLE[:1]) == (0, None, None, None)


@pytest.mark.parametrize(
    ("share", "people", "low", "high"),
    # Brown, Cai and DasGupta 2001, "Interval Estimation for a Binomial Proportion": the formula.
    [
        (0.0, 10, 0.0, 0.278),
        (0.5, 10, 0.237, 0.763),
        (1.0, 3, 0.438, 1.0),
        (0.1, 100, 0.055, 0.174),
    ],
)
def test_a_share_of_few_people_has_a_wide_interval(share, people, low, high):
    assert wilson(share, people) == pytest.approx((low, high), abs=0.001)


@pytest.mark.parametrize(
    ("count", "ends"),
    # The table of order statistics for a 95 % interval of the median.
    [(5, (None, None)), (6, (1, 6)), (8, (1, 8)), (9, (2, 8)), (20, (6, 15))],
)
def test_a_median_has_an_interval_from_six_people_on(count, ends):
    assert median_interval(range(count, 0, -1)) == ends


def test_people_are_grouped_by_each_column():
    sets = by_group(PEOPLE, GROUPS)

    names = {
        grouping: {group: [one.person for one in people] for group, people in named.items()}
        for grouping, named in sets.items()
    }
    assert names == {
        "all": {"all": ["ada", "bo", "cy", "di"]},
        "hair": {"long": ["ada", "bo"], "short": ["cy", "di"]},
        "glasses": {"no": ["bo", "cy", "di"], "yes": ["ada"]},
    }


def test_the_table_has_each_group_with_its_reasons():
    table = markdown(PEOPLE, GROUPS)

    assert "| measure | long (2) | short (2) |" in table
    assert "| jobs to a moderator, % | 50 [9 to 91] | 0 [0 to 79] |" in table
    assert "| avatar redrawn | quality gate: 4, not drawn, age: 1 | - |" in table
    assert "| job refused | - | POLICY.VIOLENCE: 1 |" in table


def test_a_tone_shift_has_a_sign_and_a_share_is_a_percentage():
    assert text(Value(9, -0.04, -1.26, 2.0), "° ITA") == "+0.0 [-1.3 to +2.0]"
    assert text(Value(3, 0.5), "%") == "50"
    assert text(Value(0, None), "%") == "-"


def test_the_report_is_json_with_every_person_and_group():
    found = json.loads(json.dumps(report(PEOPLE, GROUPS)))

    assert [one["person"] for one in found["people"]] == ["ada", "bo", "cy", "di"]
    short = found["groupings"]["hair"]["short"]
    assert short["people"] == 2
    assert short["jobs refused"]["value"] == 1
    assert short["reasons"]["photo refused at upload"] == {"QUALITY.BLURRED": 2}


def test_the_chart_has_a_longer_bar_for_a_larger_share():
    def ink(share):
        people = [a_person(str(n), end="refused" if n < share else "clean") for n in range(10)]
        image = draw_chart(people, {})
        return sum(count for count, colour in image.getcolors(1 << 20) if colour == (123, 135, 148))

    assert ink(10) > ink(5) > ink(0)


def write(tmp_path, text):
    path = tmp_path / "groups.csv"
    path.write_text(text, encoding="utf-8-sig")  # as spreadsheets write it
    return path


def test_a_table_of_groups_is_read(tmp_path):
    table = write(tmp_path, "person,age,hair\nada,20s,long\nbo,60s,short\n")
    assert read_groups(table, ["ada", "bo"]) == {
        "age": {"ada": "20s", "bo": "60s"},
        "hair": {"ada": "long", "bo": "short"},
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "needs a column"),
        ("person,age\n", "needs a column"),
        ("name,age\nada,20s\n", "needs a column"),
        ("person\nada\n", "needs a column"),
        ("person,all\nada,20s\nbo,60s\n", "name the column all"),
        ("person,age\nada,20s\n", "without a folder: bo"),
        ("person,age\nada,20s\nbo,60s\ncy,20s\n", "without a folder: cy"),
        ("person,age\nada,20s\nada,60s\nbo,60s\n", "more than one row for ada"),
        ("person,age\nada,20s\nbo,\n", "no group for bo"),
        ("person,age\nada,20s\nbo\n", "no group for bo"),
    ],
)
def test_a_faulty_table_of_groups_is_refused(tmp_path, text, fault):
    with pytest.raises(ValueError, match=fault):
        read_groups(write(tmp_path, text), ["ada", "bo"])


def test_each_folder_is_a_person_with_three_to_ten_photos(tmp_path):
    folder = tmp_path / "ada"
    folder.mkdir()
    for name in ("1.jpg", "2.HEIC", "3.png", "notes.txt"):
        (folder / name).touch()

    (files,) = read_people(tmp_path).values()
    assert [file.name for file in files] == ["1.jpg", "2.HEIC", "3.png"]

    (folder / "1.jpg").unlink()
    with pytest.raises(ValueError, match="has 2 photos: 3 to 10 are needed"):
        read_people(tmp_path)


def test_a_folder_without_people_is_refused(tmp_path):
    (tmp_path / "1.jpg").touch()
    with pytest.raises(ValueError, match="one for each person"):
        read_people(tmp_path)
