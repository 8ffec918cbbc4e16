"""Accounts of the review desk: a lead invites and removes people, and a removal holds at once."""

from types import SimpleNamespace

import pytest

from tests.stack.moderators import ReviewDesk, first_sign_in, signed_in

NAME = "new-person"


@pytest.fixture(scope="module")
def lead(running, http):
    return ReviewDesk(running, http)


@pytest.fixture
def pool(running, ops):
    return SimpleNamespace(
        cognito=ops("cognito-idp"), who={"UserPoolId": running.outputs["ModeratorPoolId"]}
    )


@pytest.fixture
def moderator(running, http, ops):
    with signed_in(running, ops, NAME, "moderators") as token:
        yield ReviewDesk(running, http, token)


def change(desk, **fields):
    access = {"enabled": True, "moderator": True, "lead": False, "app_user_id": None} | fields
    return desk.call("PUT", f"/v1/reviews/staff/{NAME}", access)


def remove_from_group(pool):
    pool.cognito.admin_remove_user_from_group(**pool.who, Username=NAME, GroupName="moderators")


REMOVALS = {
    "disabled by a lead": lambda lead, pool: change(lead, enabled=False),
    "removed from the group by a lead": lambda lead, pool: change(lead, moderator=False),
    "deleted by a lead": lambda lead, pool: lead.call("DELETE", f"/v1/reviews/staff/{NAME}"),
    "disabled by ops": lambda lead, pool: pool.cognito.admin_disable_user(
        **pool.who, Username=NAME
    ),
    "removed from the group by ops": lambda lead, pool: remove_from_group(pool),
    "deleted by ops": lambda lead, pool: pool.cognito.admin_delete_user(**pool.who, Username=NAME),
}


@pytest.mark.parametrize("removal", REMOVALS)
def test_a_removed_moderators_token_is_refused_at_once(lead, moderator, pool, removal):
    assert moderator.call("GET", "/v1/reviews")[0] == 200

    REMOVALS[removal](lead, pool)

    status, problem = moderator.call("GET", "/v1/reviews")
    kind = "Forbidden" if "group" in removal else "AccessRevoked"
    assert (status, problem["error"]) == (403, kind)


def test_a_disabled_moderator_is_enabled_again_with_the_rights_of_a_lead(lead, moderator):
    change(lead, enabled=False)
    status, view = change(lead, lead=True, app_user_id="user-7")

    assert status == 200
    assert (view["status"], view["lead"], view["app_user_id"]) == ("active", True, "user-7")
    assert moderator.call("GET", "/v1/reviews/staff")[0] == 200, "the change needs no new token"


def test_a_lead_invites_a_person_and_sees_them_in_the_list(lead, pool):
    request = {"username": "invited", "email": "invited@example.org", "app_user_id": "user-9"}
    try:
        status, view = lead.call("POST", "/v1/reviews/staff", request)
        again, _ = lead.call("POST", "/v1/reviews/staff", request)
        listed = lead.call("GET", "/v1/reviews/staff")[1]["staff"]
    finally:
        pool.cognito.admin_delete_user(**pool.who, Username="invited")

    assert (status, again, view["status"]) == (200, 200, "invited")
    assert [one for one in listed if one["username"] == "invited"] == [view]
    assert {one["username"] for one in listed} == {"invited", "moderator"}


def test_a_reset_authenticator_is_set_up_again(running, lead, moderator, pool):
    assert lead.call("POST", f"/v1/reviews/staff/{NAME}/authenticator")[0] == 200

    assert first_sign_in(pool.cognito, running.outputs["ModeratorClientId"], NAME)["IdToken"]


def test_a_moderator_manages_no_accounts_and_a_lead_not_their_own(lead, moderator):
    assert moderator.call("GET", "/v1/reviews/staff")[0] == 403
    assert moderator.call("DELETE", "/v1/reviews/staff/moderator")[0] == 403
    assert lead.call("DELETE", "/v1/reviews/staff/moderator")[0] == 409
