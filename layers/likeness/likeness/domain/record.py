"""The base of everything that is kept: frozen, and strict about its fields."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record. A field it does not know is an error, never ignored.

    Its validator is built when it is first used: a function imports many records and uses few.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
