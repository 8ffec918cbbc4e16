"""Pictures on a grid."""

import pytest
from PIL import Image

from likeness_model.tools.contact_sheet import GAP, PAPER, contact_sheet

RED, BLUE = (200, 10, 10), (10, 10, 200)


def squares(*colours):
    return [Image.new("RGB", (40, 40), colour) for colour in colours]


def test_pictures_fill_the_rows_in_order():
    sheet = contact_sheet(squares(RED, BLUE, BLUE), columns=2, side=20)

    assert sheet.size == (2 * (20 + GAP) + GAP, 2 * (20 + GAP) + GAP)
    centres = [(GAP + 10, GAP + 10), (2 * GAP + 30, GAP + 10), (GAP + 10, 2 * GAP + 30)]
    assert [sheet.getpixel(at) for at in centres] == [RED, BLUE, BLUE]
    assert sheet.getpixel((2 * GAP + 30, 2 * GAP + 30)) == PAPER


def test_without_columns_the_sheet_is_wider_than_high():
    sheet = contact_sheet(squares(*[RED] * 30))

    assert sheet.width > sheet.height


def test_no_pictures_raise_an_error():
    with pytest.raises(ValueError, match="no pictures"):
        contact_sheet([])
