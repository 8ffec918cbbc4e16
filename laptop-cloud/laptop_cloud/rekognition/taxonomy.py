"""Rekognition's moderation labels, version 7 (its Developer Guide, "Moderating content")."""

from collections.abc import Iterator, Mapping
from typing import Any

# Each label of the first level, with those of the second, with those of the third.
_TREE: dict[str, dict[str, tuple[str, ...]]] = {
    "Explicit": {
        "Explicit Nudity": (
            "Exposed Male Genitalia",
            "Exposed Female Genitalia",
            "Exposed Buttocks or Anus",
            "Exposed Female Nipple",
        ),
        "Explicit Sexual Activity": (),
        "Sex Toys": (),
    },
    "Non-Explicit Nudity of Intimate parts and Kissing": {
        "Non-Explicit Nudity": (
            "Bare Back",
            "Exposed Male Nipple",
            "Partially Exposed Buttocks",
            "Partially Exposed Female Breast",
            "Implied Nudity",
        ),
        "Obstructed Intimate Parts": ("Obstructed Female Nipple", "Obstructed Male Genitalia"),
        "Kissing on the Lips": (),
    },
    "Swimwear or Underwear": {
        "Female Swimwear or Underwear": (),
        "Male Swimwear or Underwear": (),
    },
    "Violence": {
        "Weapons": (),
        "Graphic Violence": (
            "Weapon Violence",
            "Physical Violence",
            "Self-Harm",
            "Blood & Gore",
            "Explosions and Blasts",
        ),
    },
    "Visually Disturbing": {
        "Death and Emaciation": ("Emaciated Bodies", "Corpses"),
        "Crashes": ("Air Crash",),
    },
    "Drugs & Tobacco": {
        "Products": ("Pills",),
        "Drugs & Tobacco Paraphernalia & Use": ("Smoking",),
    },
    "Alcohol": {"Alcohol Use": ("Drinking",), "Alcoholic Beverages": ()},
    "Rude Gestures": {"Middle Finger": ()},
    "Gambling": {},
    "Hate Symbols": {"Nazi Party": (), "White Supremacy": (), "Extremist": ()},
}


def _parents() -> Iterator[tuple[str, str]]:
    for top, seconds in _TREE.items():
        yield top, ""
        for second, thirds in seconds.items():
            yield second, top
            yield from ((third, second) for third in thirds)


PARENTS = dict(_parents())


def records(percents: Mapping[str, float], *, least: float) -> list[dict[str, Any]]:
    """Rekognition's records of the labels from `least` percent, most confident first.

    With a label come its parents, at least as confident. Raises KeyError for an unknown label.
    """
    found: dict[str, float] = {}
    for name, percent in percents.items():
        label = name
        while label:
            found[label] = max(percent, found.get(label, 0.0))
            label = PARENTS[label]
    labels = [
        {
            "Name": name,
            "ParentName": PARENTS[name],
            "TaxonomyLevel": _level(name),
            "Confidence": percent,
        }
        for name, percent in found.items()
        if percent >= least
    ]
    return sorted(labels, key=lambda label: -label["Confidence"])


def _level(name: str) -> int:
    return 1 + _level(PARENTS[name]) if PARENTS[name] else 1
