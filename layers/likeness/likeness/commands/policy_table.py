"""Write docs/policy.md from the policy files: every label, every reason code.

python -m likeness.commands.policy_table > docs/policy.md
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from likeness.adapters.policy_files import load_policy, load_reasons
from likeness.domain.moderation import Level, Policy
from likeness.domain.reasons import Reason, ReasonCard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

INDENT = {Level.TOP: "", Level.SECOND: "&nbsp;&nbsp;", Level.THIRD: "&nbsp;&nbsp;&nbsp;&nbsp;"}


def main() -> None:
    sys.stdout.write(page(load_policy(), load_reasons()))


def page(policy: Policy, cards: Mapping[Reason, ReasonCard]) -> str:
    return "\n".join([*_guidelines(policy), *_judged(policy), *_reasons(cards)]) + "\n"


def _guidelines(policy: Policy) -> Iterator[str]:
    yield "# Policy"
    yield ""
    yield "Written by `python -m likeness.commands.policy_table > docs/policy.md` from"
    yield "`community_guidelines.yaml` and `reason_codes.yaml`; a test holds the two together."
    yield ""
    yield f"## Community Guidelines, version {policy.version}"
    yield ""
    yield "Confidence in percent, as Rekognition reports it (DetectModerationLabels, versions"
    yield f"{', '.join(f'`{version}`' for version in sorted(policy.detector_versions))})."
    yield "From `review` on a moderator decides, from `refuse` on the photo is refused at once."
    yield "A label or a version that is not here goes to a moderator, and is counted in the metric"
    yield "`UnknownModerationFinding`."
    yield ""
    yield from _table(
        ("label", "review", "refuse", "reason"),
        (
            (
                INDENT[rule.level] + name,
                f"{rule.review:g}",
                "" if rule.refuse is None else f"{rule.refuse:g}",
                f"`{rule.reason}`",
            )
            for name, rule in policy.labels.items()
        ),
    )


def _judged(policy: Policy) -> Iterator[str]:
    same, adult = policy.same_person, policy.age.adult
    yield ""
    yield "## What is judged besides"
    yield ""
    yield from _table(
        ("what", "a moderator decides", "refused", "reason"),
        [
            (
                "age range of the largest face",
                f"it reaches below {adult}, or cannot be told",
                f"it lies below {adult} as a whole",
                f"`{Reason.MINOR_AGE_DOUBT}`",
            ),
            (
                "likeness to the person of the set",
                f"from {same.review:g} to below {same.accept:g} %",
                f"below {same.review:g} %",
                f"`{Reason.SUBJECT_DIFFERENT_PERSON}`",
            ),
            ("celebrity look-alike", "always", "never", f"`{Reason.RIGHTS_CELEBRITY}`"),
            ("face", "", "none is found any more", f"`{Reason.SUBJECT_NO_FACE}`"),
        ],
    )
    yield ""
    yield "Who is looked at first:"
    yield ""
    yield from _table(
        ("severity", "reasons"),
        (
            (severity.value, ", ".join(f"`{reason}`" for reason in sorted(reasons)))
            for severity, reasons in policy.severity.items()
        ),
    )


def _reasons(cards: Mapping[Reason, ReasonCard]) -> Iterator[str]:
    yield ""
    yield "## Reason codes"
    yield ""
    yield from _table(
        ("code", "what the user reads", "fix and retry", "day", "DSA category"),
        (
            (
                f"`{code}`",
                f"{card.hint.en}<br>{card.hint.de}",
                "yes" if card.fix_and_retry else "",
                "returned" if card.returns_day else "used",
                " ".join(f"`{one}`" for one in (card.dsa_category, card.dsa_keyword) if one),
            )
            for code, card in cards.items()
        ),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    main()
