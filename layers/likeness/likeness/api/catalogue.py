"""Styles and versions of the consent."""

from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, Paged, Texts
from likeness.domain.ids import StyleIdField


class ConsentView(Message):
    version: str = Field(examples=["2026-11"])
    in_force_from: AwareDatetime


class ConsentsView(Message):
    """Versions of the consent text that are in force, newest first: show the first one."""

    consents: tuple[ConsentView, ...]


class PreviewQuery(Message):
    size: Literal["256", "512"] = Field(default="512", description="side of the picture, px")


class StyleView(Message):
    style: StyleIdField
    name: Texts
    description: Texts
    preview: str = Field(
        description="path of a preview picture in this API, WebP, 512 px; needs no signature",
        examples=["/v1/styles/comic/preview"],
    )
    thumbnail: str = Field(
        description="path of the same picture in 256 px",
        examples=["/v1/styles/comic/preview?size=256"],
    )


class StylesView(Paged):
    styles: tuple[StyleView, ...]
