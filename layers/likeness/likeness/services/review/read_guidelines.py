"""The rules behind the reason codes that moderators may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.review import GuidelinesView, GuidelineView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.domain.moderation import Policy
    from likeness.domain.reasons import Hint, Reason
    from likeness.domain.verdict import Severity


def read_guidelines(*, guidelines: Mapping[Reason, Hint], policy: Policy) -> GuidelinesView:
    """The full text, with how severe the policy takes it."""
    severities = {reason: level for level, named in policy.severity.items() for reason in named}
    return GuidelinesView(
        version=policy.version,
        guidelines=tuple(
            _guideline(reason, rule, severities.get(reason), policy)
            for reason, rule in guidelines.items()
        ),
    )


def _guideline(
    reason: Reason, rule: Hint, severity: Severity | None, policy: Policy
) -> GuidelineView:
    return GuidelineView(
        code=reason,
        rule=rule.model_dump(),
        severity=severity,
        points=policy.exposure[severity or "none"],
    )
