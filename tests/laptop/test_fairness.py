"""make fairness on one person: the product's steps, the laptop's Rekognition and the painter."""

import json
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from tests.bench.fairness import __main__ as fairness

PHOTOS = sorted((Path(__file__).parents[2] / "demo" / "photos").glob("*.jpg"))


@pytest.fixture
def run(tmp_path, monkeypatch):
    def start(*options):
        out = tmp_path / "out"
        arguments = ["--photos", str(tmp_path / "people"), "--out", str(out), *options]
        monkeypatch.setattr(sys, "argv", ["make fairness", *arguments])
        fairness.main()
        return out

    return start


def test_each_persons_job_is_run_and_reported(run, tmp_path, capsys):
    folder, wall = tmp_path / "people" / "eileen", tmp_path / "people" / "wall"
    folder.mkdir(parents=True)
    wall.mkdir()
    for n in (1, 2, 3):
        Image.new("RGB", (700, 800), (40 * n, 90, 120)).save(wall / f"{n}.png")
    for photo in PHOTOS[:3]:
        (folder / photo.name).write_bytes(photo.read_bytes())
    with Image.open(PHOTOS[0]) as photo:
        photo.filter(ImageFilter.GaussianBlur(40)).save(folder / "9-blurred.jpg")
    groups = tmp_path / "groups.csv"
    groups.write_text("person,hair\neileen,short\nwall,none\n")

    out = run("--styles", "comic,oil", "--count", "2", "--groups", str(groups))

    person, nothing = json.loads((out / "fairness.json").read_text())["people"]
    assert (nothing["person"], nothing["end"]) == ("wall", "not submitted")
    assert nothing["refused_photos"] == {"SUBJECT.NO_FACE": 3}
    assert person["person"] == "eileen"
    assert person["end"] == "clean"
    assert person["photos"] == 4
    assert sum(person["refused_photos"].values()) == 1
    assert person["avatars"] == person["delivered"] == 2
    assert len(person["likeness"]) == len(person["tone_shift"]) == 2
    assert min(person["likeness"]) > 50
    assert max(map(abs, person["tone_shift"])) < 15
    table = (out / "fairness.md").read_text()
    assert capsys.readouterr().out == table
    assert "| measure | none (1) | short (1) |" in table
    with Image.open(out / "fairness.png") as chart:
        assert chart.width > 1000


@pytest.mark.parametrize(
    "options", [("--styles", "no-such-style"), ("--count", "31"), ("--count", "2")]
)
def test_an_option_that_no_job_may_have_is_refused_before_anything_runs(run, options):
    with pytest.raises(SystemExit, match=r"style|avatars"):
        run(*options)
