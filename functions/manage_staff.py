"""The desk's accounts, for leads. The only function that changes the user pool."""

from likeness import bootstrap
from likeness.api.review import ChangeStaff, InviteStaff, StaffListView, StaffView
from likeness.domain.errors import AccountExists, Forbidden, NotFound, OwnAccount
from likeness.domain.ids import Username
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route, routes
from likeness.services.review.change_staff import change_staff
from likeness.services.review.delete_staff import delete_staff
from likeness.services.review.invite_staff import invite_staff
from likeness.services.review.read_staff import read_staff
from likeness.services.review.reset_authenticator import reset_authenticator

RAISES = [Forbidden, NotFound, OwnAccount]


@route("GET", "/v1/reviews/staff", gives=StaffListView, moderators=bootstrap.staff)
def read_staff_handler(moderator: Moderator) -> StaffListView:
    """For leads: every account of the desk, with its access."""
    return read_staff(moderator=moderator, staff=bootstrap.staff(), clock=bootstrap.CLOCK)


@route(
    "POST",
    "/v1/reviews/staff",
    takes=InviteStaff,
    gives=StaffView,
    moderators=bootstrap.staff,
    raises=[AccountExists, Forbidden, NotFound],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def invite_staff_handler(request: InviteStaff, moderator: Moderator) -> StaffView:
    """For leads: create an account and mail its temporary password, or mail another one."""
    return invite_staff(
        request,
        moderator=moderator,
        staff=bootstrap.staff(),
        audit_log=bootstrap.audit_log(),
        clock=bootstrap.CLOCK,
    )


@route(
    "PUT",
    "/v1/reviews/staff/{username}",
    takes=ChangeStaff,
    gives=StaffView,
    moderators=bootstrap.staff,
    raises=RAISES,
)
def change_staff_handler(
    username: Username, request: ChangeStaff, moderator: Moderator
) -> StaffView:
    """For leads: change another account's access. Less access ends its sessions at once."""
    return change_staff(
        username,
        request,
        moderator=moderator,
        staff=bootstrap.staff(),
        audit_log=bootstrap.audit_log(),
        clock=bootstrap.CLOCK,
    )


@route(
    "POST",
    "/v1/reviews/staff/{username}/authenticator",
    gives=StaffView,
    moderators=bootstrap.staff,
    raises=RAISES,
    on_repeat=OnRepeat.RUN_AGAIN,
)
def reset_authenticator_handler(username: Username, moderator: Moderator) -> StaffView:
    """For leads: end another account's sessions; its next sign-in sets up an authenticator."""
    return reset_authenticator(
        username,
        moderator=moderator,
        staff=bootstrap.staff(),
        audit_log=bootstrap.audit_log(),
        clock=bootstrap.CLOCK,
    )


@route(
    "DELETE",
    "/v1/reviews/staff/{username}",
    gives=StaffListView,
    moderators=bootstrap.staff,
    raises=RAISES,
)
def delete_staff_handler(username: Username, moderator: Moderator) -> StaffListView:
    """For leads: delete another account. Its audit events stay."""
    return delete_staff(
        username,
        moderator=moderator,
        staff=bootstrap.staff(),
        audit_log=bootstrap.audit_log(),
        clock=bootstrap.CLOCK,
    )


handler = routes(
    read_staff_handler,
    invite_staff_handler,
    change_staff_handler,
    reset_authenticator_handler,
    delete_staff_handler,
)
