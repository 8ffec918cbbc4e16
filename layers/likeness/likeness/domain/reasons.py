"""Reason codes: why a photo, a job or an avatar was refused.

The texts are in policy/reason_codes.yaml. A code never changes its meaning: the app backend and
statements of reasons that were already sent refer to it. CONTRIBUTING.md says how to add one.
"""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from likeness.domain.record import Record


class Reason(StrEnum):
    FILE_TYPE = "FILE.TYPE"
    FILE_CORRUPT = "FILE.CORRUPT"
    FILE_TOO_LARGE = "FILE.TOO_LARGE"
    FILE_TOO_MANY_PIXELS = "FILE.TOO_MANY_PIXELS"
    FILE_ANIMATED = "FILE.ANIMATED"

    QUALITY_TOO_SMALL = "QUALITY.TOO_SMALL"
    QUALITY_PANORAMA = "QUALITY.PANORAMA"
    QUALITY_BLURRY = "QUALITY.BLURRY"
    QUALITY_DARK = "QUALITY.DARK"
    QUALITY_BRIGHT = "QUALITY.BRIGHT"
    QUALITY_FACE_TOO_SMALL = "QUALITY.FACE_TOO_SMALL"
    QUALITY_FACE_CUT = "QUALITY.FACE_CUT"
    QUALITY_EXTREME_POSE = "QUALITY.EXTREME_POSE"
    QUALITY_SUNGLASSES = "QUALITY.SUNGLASSES"
    QUALITY_OCCLUDED = "QUALITY.OCCLUDED"

    SUBJECT_NO_FACE = "SUBJECT.NO_FACE"
    SUBJECT_SEVERAL_FACES = "SUBJECT.SEVERAL_FACES"
    SUBJECT_DIFFERENT_PERSON = "SUBJECT.DIFFERENT_PERSON"
    SUBJECT_DUPLICATE = "SUBJECT.DUPLICATE"

    POLICY_NUDITY = "POLICY.NUDITY"
    POLICY_SUGGESTIVE = "POLICY.SUGGESTIVE"
    POLICY_VIOLENCE = "POLICY.VIOLENCE"
    POLICY_HATE = "POLICY.HATE"
    POLICY_DRUGS = "POLICY.DRUGS"
    POLICY_GESTURE = "POLICY.GESTURE"

    RIGHTS_CELEBRITY = "RIGHTS.CELEBRITY"
    RIGHTS_NOT_SELF = "RIGHTS.NOT_SELF"

    MINOR_AGE_DOUBT = "MINOR.AGE_DOUBT"

    # Only leads and authorities are told: the job ends with SYSTEM_CLOSED.
    ILLEGAL_CHILD_ABUSE = "ILLEGAL.CHILD_ABUSE"
    QUOTA_JOB_RUNNING = "QUOTA.JOB_RUNNING"
    QUOTA_DAY_USED = "QUOTA.DAY_USED"

    SYSTEM_UNAVAILABLE = "SYSTEM.UNAVAILABLE"
    SYSTEM_REVIEW_EXPIRED = "SYSTEM.REVIEW_EXPIRED"
    SYSTEM_TOO_FEW_AVATARS = "SYSTEM.TOO_FEW_AVATARS"
    SYSTEM_CANCELLED = "SYSTEM.CANCELLED"
    SYSTEM_NOT_SUBMITTED = "SYSTEM.NOT_SUBMITTED"
    SYSTEM_STOPPED = "SYSTEM.STOPPED"
    SYSTEM_STYLE_OFF = "SYSTEM.STYLE_OFF"
    SYSTEM_CLOSED = "SYSTEM.CLOSED"  # a hold was confirmed; says nothing about why

    @property
    def family(self) -> str:
        return self.value.partition(".")[0]

    @property
    def fix_and_retry(self) -> bool:
        """The user can replace the photo and continue; no decision about the user was made."""
        return self.family in {"FILE", "QUALITY", "SUBJECT"}

    @property
    def about_set(self) -> bool:
        """Whether the photos of a job are compared to decide it: one alone is not enough."""
        return self in {
            Reason.SUBJECT_DIFFERENT_PERSON,
            Reason.RIGHTS_NOT_SELF,
            Reason.MINOR_AGE_DOUBT,
        }

    @property
    def returns_day(self) -> bool:
        """A fault of ours, or one that the user can fix: the quota day is returned."""
        return self.family == "SYSTEM" or self.fix_and_retry

    @property
    def needs_statement(self) -> bool:
        """A policy decision: the user gets a statement of reasons (DSA, Article 17)."""
        return self.family in {"POLICY", "RIGHTS", "MINOR"}


class DsaCategory(StrEnum):
    """Categories of the DSA Transparency Database, schema of 1 July 2025.

    The schema has no category for pornography: adult content that only violates the terms of use
    is OTHER_VIOLATION_TC with a keyword.
    """

    ANIMAL_WELFARE = "STATEMENT_CATEGORY_ANIMAL_WELFARE"
    CONSUMER_INFORMATION = "STATEMENT_CATEGORY_CONSUMER_INFORMATION"
    CYBER_VIOLENCE = "STATEMENT_CATEGORY_CYBER_VIOLENCE"
    CYBER_VIOLENCE_AGAINST_WOMEN = "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN"
    DATA_PROTECTION = "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS"
    SPEECH = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
    INTELLECTUAL_PROPERTY = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
    CIVIC_DISCOURSE = "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS"
    NOT_SPECIFIED_NOTICE = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"
    OTHER_VIOLATION_TC = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
    PROTECTION_OF_MINORS = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
    PUBLIC_SECURITY = "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY"
    SCAMS_AND_FRAUD = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    SELF_HARM = "STATEMENT_CATEGORY_SELF_HARM"
    PROHIBITED_PRODUCTS = "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS"
    VIOLENCE = "STATEMENT_CATEGORY_VIOLENCE"


class DsaKeyword(StrEnum):
    """Keywords (category_specification) of the same schema, as far as our rules use them."""

    ADULT_SEXUAL_MATERIAL = "KEYWORD_ADULT_SEXUAL_MATERIAL"
    AGE_SPECIFIC_RESTRICTIONS_MINORS = "KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS"
    HATE_SPEECH = "KEYWORD_HATE_SPEECH"
    MISSING_PROCESSING_GROUND = "KEYWORD_MISSING_PROCESSING_GROUND"
    NUDITY = "KEYWORD_NUDITY"
    PROHIBITED_PRODUCTS = "KEYWORD_PROHIBITED_PRODUCTS"


class Hint(Record):
    """The text for the user about a reason, in each language of the product."""

    en: str = Field(min_length=1)
    de: str = Field(min_length=1)


class ReasonCard(Record):
    """Texts of a reason code: for the user, and for the DSA Transparency Database."""

    code: Reason
    hint: Hint
    left_out: Hint | None = Field(
        default=None, description="instead, if the photo is only doubtful and was left out"
    )
    dsa_category: DsaCategory | None = None
    dsa_keyword: DsaKeyword | None = None

    @model_validator(mode="after")
    def _dsa_category_if_statement_needed(self) -> Self:
        if self.code.needs_statement != (self.dsa_category is not None):
            raise ValueError(
                f"{self.code}: POLICY, RIGHTS and MINOR codes need a dsa_category, others have none"
            )
        if self.dsa_keyword and not self.dsa_category:
            raise ValueError(f"{self.code}: dsa_keyword needs a dsa_category")
        return self


class Refused(Exception):  # noqa: N818 - a decision about the photo, not a fault
    """The photo is not accepted; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
