"""Reads of holds, for leads. Changes nothing, and reads no bucket."""

from likeness import bootstrap
from likeness.api.holds import HoldsView, HoldView
from likeness.api.message import PageQuery
from likeness.domain.ids import JobId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route, routes
from likeness.services.review.list_holds import list_holds
from likeness.services.review.read_hold import read_hold


@route("GET", "/v1/reviews/holds", query=PageQuery, gives=HoldsView, moderators=bootstrap.staff)
def list_holds_handler(query: PageQuery, moderator: Moderator) -> HoldsView:
    """Holds: those that wait for a lead first, the oldest first. For leads."""
    return list_holds(query, moderator=moderator, holds=bootstrap.holds())


@route("GET", "/v1/reviews/holds/{job_id}", gives=HoldView, moderators=bootstrap.staff)
def read_hold_handler(job_id: JobId, moderator: Moderator) -> HoldView:
    """A hold, with small, grey, blurred copies until it is decided. For leads."""
    return read_hold(job_id, moderator=moderator, holds=bootstrap.holds())


handler = routes(list_holds_handler, read_hold_handler)
