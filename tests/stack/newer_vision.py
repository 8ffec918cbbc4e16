"""The laptop's vision, which says that it is a version that the policy does not name."""

from infra.laptop.vision import *  # noqa: F403 - its functions are what Rekognition calls

MODERATION_MODEL = "8.0"
