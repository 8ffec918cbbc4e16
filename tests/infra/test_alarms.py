"""The alarms of the templates: each has an entry in the runbook, and the reverse."""

import re

from tests.infra.documents import ROOT, of_type, read_all

RUNBOOK = "docs/runbook.md"
PARTS = ["Means", "Look at", "Do", "Over when"]
KINDS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


def notifying() -> dict[str, dict]:
    """Properties by name. An alarm that only scales has no name."""
    found = (one for kind in KINDS for _, one in of_type(read_all(), kind))
    return {
        one["AlarmName"]["Sub"].removeprefix("likeness-${Stage}-"): one
        for one in found
        if "AlarmName" in one
    }


def entries() -> dict[str, str]:
    parts = re.split(r"^### (.*)\n", (ROOT / RUNBOOK).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alarm_has_an_entry_in_the_runbook_and_the_reverse():
    assert set(entries()) == set(notifying())


def test_an_entry_says_what_it_means_what_to_look_at_what_to_do_and_when_it_is_over():
    wrong = {
        name: found
        for name, text in entries().items()
        if (found := re.findall(r"^\*\*(.*?)\*\* \S", text, re.MULTILINE)) != PARTS
    }
    assert wrong == {}


def test_every_alarm_with_a_name_notifies_the_topic():
    for name, alarm in notifying().items():
        actions = [
            *alarm.get("AlarmActions", []),
            *alarm.get("InsufficientDataActions", []),
        ]
        assert actions == [{"Ref": "Alarms"}], name
