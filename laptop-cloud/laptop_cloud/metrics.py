"""Samples of metrics, and how a log contains them.

"Specification: Embedded metric format" (CloudWatch User Guide), "Filter pattern syntax for metric
filters" (CloudWatch Logs User Guide).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Sample:
    """One published value."""

    namespace: str
    metric: str
    value: float
    at: float
    dimensions: Mapping[str, str]
    unit: str = "None"


def read(log: str, at: float) -> Iterator[Sample]:
    """The samples in a log. CloudWatch ignores a malformed line, too."""
    for line in log.splitlines():
        if '"_aws"' not in line:
            continue
        try:
            document = json.loads(line)
            directives = document["_aws"]["CloudWatchMetrics"]
        except (ValueError, LookupError, TypeError):
            continue
        for one in directives:
            for names in one.get("Dimensions") or [[]]:
                dimensions = {name: str(document[name]) for name in names}
                for metric in one["Metrics"]:
                    name, found = metric["Name"], document[metric["Name"]]
                    unit = metric.get("Unit", "None")
                    for value in found if isinstance(found, list) else [found]:
                        yield Sample(one["Namespace"], name, float(value), at, dimensions, unit)


TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||=|\$[\w.]+|"[^"]*")')


def matches(pattern: str, line: str) -> bool:
    """Whether a metric filter counts the line. Only JSON patterns that compare strings by `=`."""
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    tokens = split(pattern)
    found = _any(tokens, document)
    if tokens:
        raise ValueError(f"This filter pattern is not known here, from {tokens[0]}: {pattern}")
    return found


def split(pattern: str) -> list[str]:
    text = pattern.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError(f"Only JSON filter patterns are known here: {pattern}")
    text, tokens, at = text[1:-1].strip(), [], 0
    while at < len(text):
        if not (token := TOKEN.match(text, at)):
            raise ValueError(f"This filter pattern is not known here, from {text[at:]}")
        tokens.append(token[1])
        at = token.end()
    return tokens


def _any(tokens: list[str], document: Any) -> bool:
    found = _all(tokens, document)
    while tokens and tokens[0] == "||":
        del tokens[0]
        found = _all(tokens, document) or found
    return found


def _all(tokens: list[str], document: Any) -> bool:
    found = _one(tokens, document)
    while tokens and tokens[0] == "&&":
        del tokens[0]
        found = _one(tokens, document) and found
    return found


def _one(tokens: list[str], document: Any) -> bool:
    if tokens[0] == "(":
        del tokens[0]
        found = _any(tokens, document)
        del tokens[0]
        return found
    (path, _, wanted), tokens[:3] = tokens[:3], []
    value = document
    for name in path.split(".")[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    expression = re.escape(wanted[1:-1]).replace(r"\*", ".*")
    return isinstance(value, str) and re.fullmatch(expression, value) is not None
