"""Statistics of the review desk."""

import pytest

from likeness.domain.review.statistics import (
    Exposure,
    ExposureState,
    agreement,
    kappa,
    pair,
    share,
)


def counts(aa=0, ar=0, ra=0, rr=0):
    return {"pair_aa": aa, "pair_ar": ar, "pair_ra": ra, "pair_rr": rr}


@pytest.mark.parametrize(
    ("pairs", "agrees", "expected"),
    [
        (counts(aa=20, ar=5, ra=10, rr=15), 0.7, 0.4),  # the usual textbook table
        (counts(aa=45, ar=15, ra=25, rr=15), 0.6, 0.1304),
        (counts(aa=25, ar=35, ra=5, rr=35), 0.6, 0.2593),
        (counts(aa=5, rr=5), 1.0, 1.0),
        (counts(ar=5, ra=5), 0.0, -1.0),
        (counts(aa=1, ar=1, ra=1, rr=1), 0.5, 0.0),
    ],
)
def test_kappa_is_cohens_kappa(pairs, agrees, expected):
    assert agreement(pairs) == pytest.approx(agrees)
    assert kappa(pairs) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("pairs", [{}, counts(aa=9), counts(rr=3)], ids=["none", "all a", "all r"])
def test_kappa_is_none_if_chance_alone_would_agree(pairs):
    assert kappa(pairs) is None


def test_a_pair_names_the_first_decision_first():
    assert [pair(True, True), pair(True, False), pair(False, True), pair(False, False)] == [
        "pair_aa",
        "pair_ar",
        "pair_ra",
        "pair_rr",
    ]


@pytest.mark.parametrize(
    ("used", "extra", "state"),
    [
        (0, 0, ExposureState.OK),
        (7, 0, ExposureState.OK),
        (8, 0, ExposureState.WARNED),
        (9, 0, ExposureState.WARNED),
        (10, 0, ExposureState.USED_UP),
        (10, 10, ExposureState.OK),
        (19, 10, ExposureState.WARNED),
        (20, 10, ExposureState.USED_UP),
    ],
)
def test_exposure_warns_from_four_fifths_on(used, extra, state):
    assert Exposure(used=used, extra=extra).state(10) is state


def test_a_share_of_nothing_is_unknown():
    assert (share(0, 0), share(1, 3)) == (None, 0.25)
