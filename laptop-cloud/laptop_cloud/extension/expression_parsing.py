"""Gap: an expression of DynamoDB is parsed once, not for each call and each item."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ministack.services import dynamodb

if TYPE_CHECKING:
    from collections.abc import Iterable

    Token = tuple[str, str]

KEPT = 1024  # expressions; an application has some dozens

_tokenize = dynamodb._tokenize
_redundant_parens = lru_cache(KEPT)(dynamodb._check_redundant_parens)
_reserved_keyword = lru_cache(KEPT)(dynamodb._check_reserved_keyword_usage)


def install() -> None:
    """What a parse finds depends on the expression's text alone, its errors too."""
    dynamodb._tokenize = tokenize
    dynamodb._check_redundant_parens = check_redundant_parens
    dynamodb._check_reserved_keyword_usage = check_reserved_keyword_usage
    dynamodb._condition_syntax_error = lru_cache(KEPT)(dynamodb._condition_syntax_error)


@lru_cache(KEPT)
def tokenize(expression: str) -> tuple[Token, ...]:
    return tuple(_tokenize(expression))


def check_redundant_parens(
    tokens: Iterable[Token], slot: str = "ConditionExpression"
) -> str | None:
    return _redundant_parens(tuple(tokens), slot)  # type: ignore[no-any-return]


def check_reserved_keyword_usage(tokens: Iterable[Token]) -> str | None:
    return _reserved_keyword(tuple(tokens))  # type: ignore[no-any-return]
