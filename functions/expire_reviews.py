"""Every few minutes: close the appeals and second opinions that nobody decided in time."""

from likeness.bootstrap import moderators
from likeness.entrypoints.event import on_schedule


@on_schedule
def handler() -> int:
    return moderators.expire_reviews()
