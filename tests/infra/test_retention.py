"""The retention policy, the template and the promise of each tier say the same."""

import re
from typing import Any

from likeness.adapters.dynamodb import keys
from likeness.adapters.policy_files import load_retention, load_tiers
from likeness.domain.deletion.receipt import EVERYWHERE
from tests.infra.documents import ROOT, read

RULES = load_retention()
STORAGE = read("infra/storage.yaml")["Resources"]


def lifecycle(bucket: str) -> dict[str, Any]:
    rules = STORAGE[bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    return {rule.get("Prefix", ""): rule["ExpirationInDays"] for rule in rules}


def test_the_sweep_expects_the_lifecycle_that_is_deployed():
    assert lifecycle("PhotosBucket") == RULES.lifecycle["photos"]
    days = RULES.lifecycle["avatars"]
    assert lifecycle("AvatarsBucket") == {**days, "avatars/": {"Ref": "AvatarDays"}}


def test_the_policy_is_that_of_the_default_days(template):
    default = template["Parameters"]["AvatarDays"]["Default"]

    assert RULES.with_avatar_days(default) == RULES


def test_every_place_has_its_promise():
    assert set(RULES.folders) == set(EVERYWHERE)
    assert all(RULES.folders[place] == RULES.photo_h for place in EVERYWHERE if place != "avatars")


def test_the_deadline_leaves_time_for_twelve_tries_before_the_promise():
    assert (RULES.photo_h - RULES.deadline_h) * 60 >= 12 * RULES.retry_minutes


def test_photos_are_deleted_in_the_step_after_the_last_avatar_for_every_tier(machine):
    """Plus is promised "at once", Lite five minutes: the machine knows no tier.

    It waits in tests only.
    """
    assert machine["States"]["CountAvatars"]["Default"] == "DeletePhotos"
    assert {tier.photos_deleted_within_s for tier in load_tiers().values()} == {0, 300}
    waits = {name for name, state in machine["States"].items() if state["Type"] == "Wait"}
    assert waits == {"WaitForTest"}, "it waits before the last avatar"
    assert machine["States"]["WaitForTest"]["Next"] == "RunTest"


def test_the_page_on_privacy_names_every_kind_of_item():
    table = (keys.__doc__ or "").split("---\n")[-1].split("\n\n")[0]
    partitions = {line.split()[0].rstrip(",") for line in table.splitlines() if line.strip()}
    kinds = {one.partition("<")[0].rstrip("#") for one in partitions if one[0].isupper()}
    page = (ROOT / "docs" / "privacy.md").read_text()

    assert {"JOB", "ANCHORS", "DURATIONS"} <= kinds
    assert {kind for kind in kinds if not re.search(rf"`{kind}\b", page)} == set()
