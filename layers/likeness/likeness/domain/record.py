"""The base of everything that is kept: frozen, and strict about its fields."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record. A field it does not know is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")
