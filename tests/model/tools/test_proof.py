"""make proof: the sheet and the measures of styles on photos."""

import json
import shutil
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from likeness_model.tools import proof
from tests.model.conftest import DEMO


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setattr(proof, "SIZE", 256)

    def start(photos, *options):
        out = tmp_path / "out"
        arguments = ["proof", "--photos", str(photos), "--out", str(out), *options]
        monkeypatch.setattr(sys, "argv", arguments)
        proof.main()
        return out

    return start


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(next(DEMO.glob("*-close*.jpg")), folder / "one.jpg")
    cv2.imwrite(str(folder / "wall.png"), np.full((300, 300, 3), 90, np.uint8))
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_sheet_and_measures_are_written(run, photos, capsys):
    out = run(photos, "--styles", "oil,pop-art", "--variants", "2", "--full")

    rows = json.loads((out / "measures.json").read_text())
    assert [(row["style"], row["variant"]) for row in rows] == [
        (style, variant) for style in ("photo", "oil", "pop-art") for variant in (0, 1)
    ]
    assert all(row["photo"] == "one" for row in rows)
    framed, oil = rows[0], rows[2]
    assert abs(framed["tone_shift"]) < 2
    assert framed["distance"] < 0.3
    assert framed["deviation"] is None
    assert 0 < abs(oil["tone_shift"]) < 15
    with Image.open(out / "sheet.jpg") as sheet:
        assert sheet.height > sheet.width
    assert len(list(out.glob("*.png"))) == 6
    said = capsys.readouterr().out
    assert "wall.png: left out, it shows no usable face" in said
    assert (out / "measures.md").read_text() in said


def test_a_row_of_the_table_counts_and_spreads():
    def measured(tone, age, distance, deviation):
        return proof.Measured("oil", "one", 0, tone, age, distance, deviation)

    rows = [
        measured(-4.0, 10.0, 0.4, None),
        measured(0.5, None, None, None),
        measured(2.0, -12.0, 0.5, "age"),
        measured(20.0, 0.0, 0.6, "skin_tone"),
    ]

    assert proof._row("oil", rows) == (
        "| oil | +1 (-4 to +20) | 2, 1 | +0 (-12 to +10) | 0.50 | 3 of 4 | 1, 1 |"
    )


def test_a_folder_without_faces_is_an_error(run, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(SystemExit, match="holds no photo with a usable face"):
        run(empty)
