"""Base classes of records: frozen, and strict about their fields."""

from typing import Self

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record. An error names fields, never their values.

    An unknown field is an error, except in what is stored: the next release may have written it.

    The validator is built at first use: a function imports many records and uses few.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True
    )


class Versioned(Record):
    """A record with an optimistic lock: a save requires the version that was read."""

    version: int = 1

    def change(self, **fields: object) -> Self:
        """Returns the next version, validated like a stored record."""
        return self.model_validate(self.model_dump() | fields | {"version": self.version + 1})
