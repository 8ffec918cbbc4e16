"""What a check finds, and the explained exceptions (exceptions.yaml)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).with_name("exceptions.yaml")


@dataclass(frozen=True, order=True)
class Finding:
    where: str  # file and logical id: infra/api.yaml Api
    what: str  # what is wrong, and what to do
    rule: str = ""  # the tool's name of its rule

    def __str__(self) -> str:
        return f"{self.where}: {self.what}{f' [{self.rule}]' if self.rule else ''}"


@dataclass(frozen=True)
class Explained:
    """Findings of a rule that are right as they are, at the places that match a pattern."""

    rule: str
    where: tuple[str, ...]
    why: str

    def covers(self, finding: Finding) -> bool:
        return finding.rule == self.rule and any(
            fnmatchcase(finding.where, one) for one in self.where
        )


def exceptions(check: str) -> tuple[Explained, ...]:
    """The exceptions of a check."""
    found = yaml.safe_load(FILE.read_text()).get(check, ())
    return tuple(
        Explained(one["rule"], tuple(one.get("where", ["*"])), one["why"]) for one in found
    )


def unexplained(found: Iterable[Finding], allowed: Iterable[Explained]) -> list[Finding]:
    """The findings without an exception, and the exceptions that cover no finding."""
    found, allowed = sorted(set(found)), tuple(allowed)
    left = [one for one in found if not any(exception.covers(one) for exception in allowed)]
    for exception in allowed:
        if not any(exception.covers(one) for one in found):
            left.append(
                Finding(FILE.name, "this exception covers nothing: delete it", exception.rule)
            )
    return left
