"""The accounts in a user pool, on moto: what stays if a call in between fails."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from likeness.adapters.review.staff_pool import StaffPool
from likeness.domain.errors import Unavailable
from likeness.domain.review.staff import LEADS, MODERATORS
from tests.fakes import FakeClock
from tests.integration.conftest import REGION

THROTTLED = ClientError({"Error": {"Code": "TooManyRequestsException"}}, "AdminUpdate")


@pytest.fixture
def client():
    with mock_aws():
        yield boto3.client("cognito-idp", region_name=REGION)


@pytest.fixture
def staff(client):
    pool = client.create_user_pool(PoolName="moderators")["UserPool"]["Id"]
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
