"""A job's photos, moderated as a set: one age, one person, and the photos that are left out."""

from itertools import combinations
from pathlib import Path

import pytest
import yaml

from likeness.adapters.policy_files import load_policy, load_reasons
from likeness.domain.account.age import AgeMethod, CheckedAge
from likeness.domain.ids import PhotoId
from likeness.domain.moderation import moderate
from likeness.domain.photo_set import connected, moderate_set
from likeness.domain.reasons import Reason
from likeness.domain.verdict import Label, Outcome
from tests.builders import seen

POLICY = load_policy()
SETS = yaml.safe_load((Path(__file__).parent / "photo_sets.yaml").read_text())
WITH_A_DOUBTFUL_PHOTO = {
    "woman-1",
    "woman-2",
    "woman-3-expressions",
    "woman-4-bare-shoulders",
    "teenagers",
}


def photo_id(n):
    return PhotoId(f"p{n:02d}")


def evidence(found):
    """What moderation sees of a set of photo_sets.yaml."""
    of = {}
    similar = {photo_id(n): {} for n in range(1, len(found["photos"]) + 1)}
    for row, values in enumerate(found["similarity"], start=2):
        for column, value in enumerate(values, start=1):
            one, other = photo_id(row), photo_id(column)
            similar[one][other] = similar[other][one] = value
    for n, photo in enumerate(found["photos"], start=1):
        low, high = photo["age"]
        explicit = Label(name="Explicit", confidence=photo["explicit"])
        of[photo_id(n)] = seen(
            labels=(explicit,) if photo["explicit"] >= POLICY.min_confidence else (),
            age_low=low,
            age_high=high,
            yaw=photo["yaw"],
            pairs=similar[photo_id(n)],
        )
    return of


def a_set(*photos, **similar):
    """Photos of one person, each with the fields of its evidence; `p01_p02=85.0` for a pair."""
    ids = [photo_id(n) for n in range(1, len(photos) + 1)]
    pairs = {one: {} for one in ids}
    for one, other in combinations(ids, 2):
        pairs[one][other] = pairs[other][one] = similar.get(f"{one}_{other}", 99.0)
    return {one: seen(pairs=pairs[one], **fields) for one, fields in zip(ids, photos, strict=True)}


def ages(*ranges, **fields):
    return a_set(*({"age_low": low, "age_high": high, **fields} for low, high in ranges))


def outcome(found, policy=POLICY):
    return moderate_set(found, policy).outcome


def changed(policy=POLICY, **in_set):
    age = policy.age.model_copy(update={"in_set": policy.age.in_set.model_copy(update=in_set)})
    return policy.model_copy(update={"age": age})


def needs_a_moderator(policy=POLICY):
    return {name for name, found in SETS.items() if outcome(evidence(found), policy) != "clean"}


# --- the eight sets, and the effect of each rule -------------------------------------------------


@pytest.mark.parametrize("name", sorted(SETS))
def test_a_set_of_an_adult_needs_no_moderator_and_one_of_teenagers_does(name):
    expected = Outcome.DOUBTFUL if SETS[name]["moderator"] else Outcome.CLEAN

    assert outcome(evidence(SETS[name])) is expected


def test_photo_by_photo_most_sets_would_need_a_moderator():
    alone = {
        name
        for name, found in SETS.items()
        if any(moderate(one, POLICY).outcome != "clean" for one in evidence(found).values())
    }

    assert alone == WITH_A_DOUBTFUL_PHOTO


def test_the_photos_that_are_left_out_are_those_in_doubt():
    left_out = {
        name: len(moderate_set(evidence(one), POLICY).left_out) for name, one in SETS.items()
    }

    assert {name: count for name, count in left_out.items() if count} == {
        "woman-1": 1,
        "woman-2": 2,
        "woman-4-bare-shoulders": 4,
    }


def test_without_leaving_photos_out_three_more_sets_would_need_a_moderator():
    never = POLICY.leave_out.model_copy(update={"remaining": 11})

    assert needs_a_moderator(POLICY.model_copy(update={"leave_out": never})) == {
        "woman-1",
        "woman-2",
        "woman-4-bare-shoulders",
        "teenagers",
    }


def test_without_the_ages_of_the_set_one_more_set_would_need_a_moderator():
    assert needs_a_moderator(changed(min_photos=11)) == {"woman-3-expressions", "teenagers"}


@pytest.mark.parametrize("rule", ["min_middle", "min_median", "max_share"])
def test_each_age_rule_alone_holds_the_teenagers_and_no_adult(rule):
    others_off = {"min_photos": 1, "min_middle": 0, "min_median": 0, "max_share": 1.0}
    assert needs_a_moderator(changed(**others_off)) == set()

    kept = {**others_off, rule: getattr(POLICY.age.in_set, rule)}

    assert needs_a_moderator(changed(**kept)) == {"teenagers"}


# --- age over the set ----------------------------------------------------------------------------

ADULT = (24, 32)


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([(17, 30), ADULT, ADULT], "clean"),
        ([(17, 30), (17, 30), ADULT, ADULT, ADULT, ADULT], "clean"),  # a third
        ([(17, 30), (17, 30), ADULT, ADULT, ADULT], "doubtful"),  # more than a third
        ([(17, 30), ADULT], "doubtful"),  # too few
        ([(10, 25), ADULT, ADULT, ADULT], "doubtful"),  # an estimate of 17.5
        ([(11, 25), ADULT, ADULT, ADULT], "clean"),  # an estimate of 18
        ([(17, 25), (18, 26), (18, 27), (18, 28)], "doubtful"),  # a median of 22.25
        ([(17, 25), (18, 27), (19, 28), (19, 29)], "clean"),  # a median of 23
        ([(18, 19), (18, 19), (18, 19)], "clean"),  # nothing reaches below: no doubt
        ([(13, 21), (13, 21), (13, 21), (13, 21)], "doubtful"),  # one clear minor
        ([(12, 17), ADULT, ADULT, ADULT], "refused"),  # certain on one photo
        ([(None, None), ADULT, ADULT, ADULT], "clean"),
        ([(None, None), ADULT, ADULT], "doubtful"),
    ],
)
def test_the_ranges_of_the_set_decide_about_a_doubtful_one(ranges, expected):
    assert outcome(ages(*ranges)) == expected


@pytest.mark.parametrize(
    "turned",
    [
        {"yaw": -31.0},
        {"pitch": 21.0},
        {"brightness": 29.0},
        {"sharpness": 39.0},
        {"yaw": None},
        {"sharpness": None},
    ],
)
def test_only_clear_faces_outweigh_a_doubt(turned):
    three = ages((17, 30), ADULT, ADULT)
    assert outcome(three) == "clean"

    three[photo_id(3)] = three[photo_id(3)].model_copy(update=turned)

    assert outcome(three) == "doubtful"


@pytest.mark.parametrize(("turned", "expected"), [((12, 25), "clean"), ((8, 18), "doubtful")])
def test_the_range_of_a_turned_face_is_outweighed_unless_it_says_minor(turned, expected):
    found = ages(turned, ADULT, ADULT, ADULT)
    found[photo_id(1)] = found[photo_id(1)].model_copy(update={"yaw": 40.0})

    assert outcome(found) == expected


def test_a_doubtful_age_on_a_photo_that_may_show_someone_else_is_not_outweighed():
    young = {"age_low": 14, "age_high": 20}
    unlike = {f"p01_p0{n}": 85.0 for n in (2, 3, 4, 5)}

    assert outcome(a_set(young, {}, {}, {}, {}, **unlike)) == "doubtful"
    assert outcome(a_set({}, {}, {}, {}, {}, **unlike)) == "clean"


# --- what the app knows --------------------------------------------------------------------------


def checked(**fields):
    return CheckedAge(**{"method": AgeMethod.PHOTO_ID, "over_age": 18, "days": 10} | fields)


YOUNG = [(15, 22), (15, 23), (15, 23)]  # estimates of 18.5 and 19


def test_an_age_assurance_removes_the_doubt_about_the_age():
    assert outcome(ages(*YOUNG)) == "doubtful"

    found = moderate_set(ages(*YOUNG, age_assurance=checked()), POLICY)

    assert (found.outcome, found.age_assured) == (Outcome.CLEAN, True)


@pytest.mark.parametrize("method", list(AgeMethod))
def test_only_the_methods_of_the_policy_count(method):
    counts = outcome(ages(*YOUNG, age_assurance=checked(method=method))) == "clean"

    assert counts is (method in POLICY.age.assurance.methods)
    assert AgeMethod.SELF_DECLARATION not in POLICY.age.assurance.methods


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"over_age": 17}, "doubtful"),
        ({"over_age": 21}, "clean"),
        ({"days": 365}, "clean"),
        ({"days": 366}, "doubtful"),
    ],
)
def test_an_assurance_must_be_of_an_adult_and_recent(fields, expected):
    assert outcome(ages(*YOUNG, age_assurance=checked(**fields))) == expected


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([(13, 20), (13, 21), (14, 21)], "doubtful"),  # estimates of 16.5 to 17.5
        ([(12, 17), ADULT, ADULT], "refused"),
        ([(None, None), (None, None), (None, None)], "doubtful"),  # nothing says adult
    ],
)
def test_a_set_that_clearly_shows_a_minor_stands_against_the_apps_word(ranges, expected):
    found = moderate_set(ages(*ranges, age_assurance=checked()), POLICY)

    assert (found.outcome, found.age_assured) == (expected, expected == "clean")


def test_turned_faces_of_minors_stand_against_the_apps_word_beside_a_clear_adult():
    found = ages((20, 30), *[(8, 19)] * 3, age_assurance=checked())
    turned = {p: one.model_copy(update={"yaw": 31.0}) for p, one in found.items() if p != "p01"}

    assert outcome(found | turned) == "doubtful"


def test_an_assurance_that_was_not_needed_is_not_named():
    found = moderate_set(ages((17, 30), ADULT, ADULT, age_assurance=checked()), POLICY)

    assert (found.outcome, found.age_assured) == (Outcome.CLEAN, False)


# --- one person ----------------------------------------------------------------------------------


def chain(count, *, between=92.0, else_=70.0):
    """Each photo matches the next one only."""
    pairs = {
        f"{photo_id(a)}_{photo_id(b)}": between if b == a + 1 else else_
        for a, b in combinations(range(1, count + 1), 2)
    }
    return a_set(*({} for _ in range(count)), **pairs)


def test_photos_that_are_connected_by_clear_pairs_show_one_person():
    found = chain(5)

    assert outcome(found) == "clean"
    assert len(connected({p: one.pairs for p, one in found.items()}, 90)) == 1


def test_a_photo_that_is_not_connected_is_moderated_by_its_best_pair_with_the_group():
    weak = {"p01_p02": 70.0, "p01_p03": 85.0, "p01_p04": 20.0}
    found = moderate_set(a_set({}, {}, {}, {}, **weak), POLICY)
    (finding,) = found.photos[photo_id(1)].findings

    assert (finding.reason, finding.confidence) == (Reason.SUBJECT_DIFFERENT_PERSON, 85.0)
    assert found.left_out == {photo_id(1)}


def test_two_photos_of_another_person_do_not_vouch_for_each_other():
    apart = {f"p0{a}_p0{b}": 5.0 for a in (1, 2) for b in (3, 4, 5)}
    found = moderate_set(a_set({}, {}, {}, {}, {}, **apart), POLICY)

    assert found.outcome is Outcome.REFUSED
    refused = [p for p, one in found.photos.items() if one.outcome is Outcome.REFUSED]
    assert refused == [photo_id(1), photo_id(2)]


# --- photos that are left out --------------------------------------------------------------------


def labelled(name, confidence):
    return {"labels": (Label(name=name, confidence=confidence),)}


LEFT_OUT_LABELS = [
    name
    for name, rule in POLICY.labels.items()
    if rule.reason in POLICY.leave_out.reasons or name in POLICY.leave_out.labels
]


@pytest.mark.parametrize("name", list(POLICY.labels))
def test_a_doubtful_photo_is_left_out_if_the_kind_allows_it(name):
    found = moderate_set(a_set(labelled(name, POLICY.labels[name].review), {}, {}, {}), POLICY)

    if name in LEFT_OUT_LABELS:
        assert (found.outcome, found.left_out) == (Outcome.CLEAN, {photo_id(1)})
        assert found.photos[photo_id(1)].reason is POLICY.labels[name].reason
    else:
        assert (found.outcome, found.left_out) == (Outcome.DOUBTFUL, frozenset())


def test_minors_violence_hate_and_explicit_pictures_are_never_left_out():
    never = {Reason.MINOR_AGE_DOUBT, Reason.POLICY_VIOLENCE, Reason.POLICY_HATE}

    assert not never & POLICY.leave_out.reasons
    assert Reason.RIGHTS_CELEBRITY not in POLICY.leave_out.reasons
    explicit = {n for n, rule in POLICY.labels.items() if rule.reason is Reason.POLICY_NUDITY}
    assert explicit & set(LEFT_OUT_LABELS) == {"Explicit"}


@pytest.mark.parametrize("name", sorted(LEFT_OUT_LABELS))
def test_a_refusal_stays_a_refusal(name):
    rule = POLICY.labels[name]
    if rule.refuse is not None:
        assert outcome(a_set(labelled(name, rule.refuse), {}, {}, {}, {})) == "refused"


def test_a_photo_with_a_doubt_of_another_kind_is_not_left_out():
    weapons = {"labels": (*labelled("Smoking", 80)["labels"], *labelled("Weapons", 80)["labels"])}

    assert outcome(a_set(weapons, {}, {}, {})) == "doubtful"


def test_a_finer_label_takes_its_parent_to_the_moderator():
    names = ("Explicit", "Explicit Nudity", "Exposed Female Nipple")
    nipple = {"labels": tuple(Label(name=name, confidence=60) for name in names)}

    assert outcome(a_set(nipple, {}, {}, {})) == "doubtful"


@pytest.mark.parametrize(("others", "expected"), [(2, "doubtful"), (3, "clean")])
def test_enough_clean_photos_must_remain(others, expected):
    assert outcome(a_set(labelled("Smoking", 80), *({} for _ in range(others)))) == expected


def test_if_a_moderator_has_to_look_no_photo_is_left_out():
    found = moderate_set(
        a_set(labelled("Smoking", 80), labelled("Weapons", 80), {}, {}, {}), POLICY
    )

    assert found.outcome is Outcome.DOUBTFUL
    assert found.left_out == frozenset()


def test_of_a_refused_set_no_photo_is_left_out():
    found = moderate_set(
        a_set(labelled("Smoking", 80), labelled("Explicit", 99), {}, {}, {}), POLICY
    )

    assert (found.outcome, found.left_out) == (Outcome.REFUSED, frozenset())


def test_each_reason_to_leave_a_photo_out_has_a_hint_that_does_not_accuse():
    reasons = POLICY.leave_out.reasons | {
        POLICY.labels[name].reason for name in POLICY.leave_out.labels
    }

    with_hint = {code for code, card in load_reasons().items() if card.left_out}

    assert with_hint == reasons


def test_a_policy_that_leaves_out_an_unknown_label_is_invalid():
    rule = POLICY.leave_out.model_copy(update={"labels": frozenset({"Bare shoulders"})})

    with pytest.raises(ValueError, match="leave_out names Bare shoulders"):
        type(POLICY).model_validate(POLICY.model_dump() | {"leave_out": rule.model_dump()})


# --- perhaps illegal ------------------------------------------------------------------------------

NUDE = Label(name="Explicit Nudity", parent="Explicit", confidence=85)
PERHAPS_NUDE = Label(name="Explicit Nudity", parent="Explicit", confidence=55)
SHOULDERS = Label(name="Explicit", confidence=60)
WEAPON = Label(name="Weapon Violence", parent="Graphic Violence", confidence=95)
CHILD, TEENAGER = {"age_low": 9, "age_high": 13}, {"age_low": 15, "age_high": 21}
GROWN = {"age_low": 24, "age_high": 32}


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        ([{**CHILD, "labels": (NUDE,)}, GROWN, GROWN], Outcome.ESCALATED),
        ([{**CHILD, "labels": (PERHAPS_NUDE,)}, GROWN, GROWN], Outcome.ESCALATED),
        ([{**TEENAGER, "labels": (NUDE,)}, TEENAGER, TEENAGER], Outcome.ESCALATED),
        ([CHILD, {**GROWN, "labels": (NUDE,)}, GROWN], Outcome.ESCALATED),
        (
            [{**TEENAGER, "labels": (PERHAPS_NUDE,)}, TEENAGER, {**TEENAGER, "labels": (WEAPON,)}],
            Outcome.ESCALATED,
        ),
        ([{**TEENAGER, "labels": (PERHAPS_NUDE,)}, TEENAGER, TEENAGER], Outcome.DOUBTFUL),
        ([{**CHILD, "labels": (SHOULDERS,)}, GROWN, GROWN], Outcome.REFUSED),
        ([CHILD, GROWN, GROWN], Outcome.REFUSED),
        ([{**GROWN, "labels": (NUDE,)}, GROWN, GROWN], Outcome.REFUSED),
    ],
    ids=[
        "both certain",
        "nudity doubtful",
        "age doubtful",
        "on different photos",
        "both doubtful, and refused for something else",
        "both doubtful: a moderator",
        "bare shoulders",
        "no nudity",
        "adults",
    ],
)
def test_nudity_and_a_doubt_about_age_are_escalated_and_never_refused(photos, expected):
    assert outcome(a_set(*photos)) is expected


def test_only_the_nude_photos_of_an_escalated_set_are_suspected():
    found = moderate_set(a_set(CHILD, {**CHILD, "labels": (NUDE,)}, GROWN), POLICY)

    assert [one.outcome for one in found.photos.values()] == [
        Outcome.REFUSED,
        Outcome.ESCALATED,
        Outcome.CLEAN,
    ]
    assert found.photos[photo_id(2)].reason is Reason.ILLEGAL_CHILD_ABUSE


def test_no_photo_of_an_escalated_set_is_left_out_and_deleted():
    doubtful = Label(name="Female Swimwear or Underwear", confidence=90)
    photos = [{**CHILD, "labels": (NUDE,)}, {**GROWN, "labels": (doubtful,)}, *[GROWN] * 4]

    assert moderate_set(a_set(*photos), POLICY).left_out == frozenset()


@pytest.mark.parametrize(
    ("labels", "message"),
    [({"Nudity": 50}, "escalate names Nudity"), ({"Explicit": 40}, "must not be below its review")],
)
def test_a_policy_that_escalates_what_the_detector_does_not_report_is_invalid(labels, message):
    with pytest.raises(ValueError, match=message):
        type(POLICY).model_validate(POLICY.model_dump() | {"escalate": {"labels": labels}})
