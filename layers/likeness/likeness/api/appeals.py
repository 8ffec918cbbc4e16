"""Statements of reasons, and appeals."""

from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, Texts
from likeness.api.photos import PresignedPost, ReasonView
from likeness.domain.ids import PhotoIdField
from likeness.domain.reasons import DsaCategory, DsaKeyword
from likeness.domain.review.appeal import AppealState


class StatementGround(ReasonView):
    """Why a photo was refused or left out, with the category of the DSA Transparency Database."""

    photo_id: PhotoIdField
    dsa_category: DsaCategory
    dsa_keyword: DsaKeyword | None = None


class AppealedPhotoView(Message):
    """`recognised`: the uploaded file is the refused photo; `another`: it is not."""

    photo_id: PhotoIdField
    state: Literal["awaited", "recognised", "another"]
    optional: bool = Field(
        default=False, description="only to compare with: a lead reviews the appeal without it too"
    )


class AppealView(Message):
    state: AppealState
    opened_at: AwareDatetime
    decide_by: AwareDatetime | None
    decided_at: AwareDatetime | None
    photos: tuple[AppealedPhotoView, ...]


class Statement(Message):
    """Statement of reasons (DSA, Article 17): a policy refusal, or photos that were left out."""

    issued_at: AwareDatetime
    decision: Texts
    grounds: tuple[StatementGround, ...]
    policy_version: str | None = Field(examples=["2026-11-22"])
    automated_detection: bool
    automated_decision: bool = Field(description="false: a moderator decided")
    how_to_appeal: Texts
    appeal_until: AwareDatetime
    appeal: AppealView | None = Field(default=None, description="null: no appeal")


class AppealUploadsView(Message):
    """Upload the contested files again. When all are recognised, a lead reviews the appeal."""

    appeal: AppealView
    uploads: tuple[PresignedPost, ...] = Field(description="for photos that are not recognised yet")
