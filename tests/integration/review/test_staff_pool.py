"""The accounts in a user pool, on moto: what stays if a call in between fails."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from likeness.adapters.review.staff_pool import StaffPool
from likeness.domain.account.time_zones import names
from likeness.domain.errors import Unavailable
from likeness.domain.review.case import UTC_ZONE
from likeness.domain.review.staff import LEADS, MODERATORS
from tests.builders import NOW
from tests.fakes import FakeClock
from tests.infra import documents
from tests.integration.conftest import REGION

SCHEMA = documents.read("infra/identity.yaml")["Resources"]["ModeratorPool"]["Properties"]["Schema"]
THROTTLED = ClientError({"Error": {"Code": "TooManyRequestsException"}}, "AdminUpdate")


@pytest.fixture
def client():
    with mock_aws():
        yield boto3.client("cognito-idp", region_name=REGION)


@pytest.fixture
def staff(client):
    pool = client.create_user_pool(PoolName="moderators", Schema=SCHEMA)["UserPool"]["Id"]
    for group in (MODERATORS, LEADS):
        client.create_group(UserPoolId=pool, GroupName=group)
    client.admin_create_user(UserPoolId=pool, Username="lead")
    for group in (MODERATORS, LEADS):
        client.admin_add_user_to_group(UserPoolId=pool, Username="lead", GroupName=group)
    return StaffPool(client, pool, FakeClock())


def saves(staff, **fields):
    seen = staff.find("lead")
    staff.save(seen.model_copy(update=fields), seen=seen)


@pytest.mark.parametrize(
    "less", [{"enabled": False}, {"groups": frozenset({MODERATORS})}], ids=["disabled", "demoted"]
)
def test_access_is_taken_away_first_so_that_no_failed_call_leaves_it(
    client, staff, monkeypatch, less
):
    ended = []
    sign_out = client.admin_user_global_sign_out
    monkeypatch.setattr(
        client, "admin_user_global_sign_out", lambda **who: ended.append(sign_out(**who))
    )

    def fails(**_):
        raise THROTTLED

    with monkeypatch.context() as broken:
        broken.setattr(client, "admin_update_user_attributes", fails)
        with pytest.raises(Unavailable):
            saves(staff, **less)

    found = staff.find("lead")
    assert {name: getattr(found, name) for name in less} == less
    assert len(ended) == 1


def test_an_account_is_enabled_again_last(client, staff, monkeypatch):
    saves(staff, enabled=False)

    def fails(**_):
        raise THROTTLED

    monkeypatch.setattr(client, "admin_remove_user_from_group", fails)
    with pytest.raises(Unavailable):
        saves(staff, enabled=True, groups=frozenset({MODERATORS}))

    assert not staff.find("lead").enabled


def test_the_time_zone_is_stored_with_the_day_that_goes_on(staff):
    assert staff.find("lead").zone == UTC_ZONE
    zone = UTC_ZONE.moved_to("America/Lima", NOW).moved_to("Asia/Tokyo", NOW)
    saves(staff, zone=zone, app_user_id="user-7")

    found = staff.find("lead")
    assert (found.zone, found.app_user_id) == (zone, "user-7")
    assert staff.all()[0].zone == zone
    saves(staff, app_user_id=None)
    assert (staff.find("lead").zone, staff.find("lead").app_user_id) == (zone, None)


def test_the_longest_names_fit_the_attribute(staff):
    [limit] = [one for one in SCHEMA if one["Name"] == "time_zone"]
    longest = max(names().values(), key=len)
    zone = UTC_ZONE.moved_to(longest, NOW)
    zone = zone.model_copy(update={"previous": longest, "fixed_at": NOW.replace(microsecond=1)})
    size = len(zone.model_dump_json())
    assert size < int(limit["StringAttributeConstraints"]["MaxLength"])


@pytest.mark.parametrize("given", ["unknown", '" or 1="1', ""])
def test_an_account_is_found_by_its_id_alone(staff, given):
    lead = staff.find("lead")
    assert staff.with_id(lead.id) == lead
    assert staff.with_id(given) is None
