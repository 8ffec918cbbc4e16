"""A point in time in a request: RFC 3339 text, of a year that every time zone can represent."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

# `date-time` of RFC 3339, section 5.6. The validator alone also reads Unix times in seconds and
# milliseconds, and a space instead of the T.
RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


CLOCKS_DIFFER = timedelta(minutes=5)  # of a caller and of this service, at most


@cache
def _reader() -> TypeAdapter[datetime]:
    return TypeAdapter(AwareDatetime)


def read_text(value: object) -> object:
    """Parses text, because a strict validator takes what this returns for a Python value."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and RFC3339.fullmatch(value):
        with suppress(ValidationError):
            return _reader().validate_python(value)
    raise PydanticCustomError("datetime_rfc3339", "Input should be an RFC 3339 date-time")


Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC)),
    BeforeValidator(read_text),
]
