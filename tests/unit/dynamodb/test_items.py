"""Records survive the conversion to items and back, with any numbers."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from likeness.adapters.dynamodb.items import fields, record, unchanged
from likeness.domain.jobs.job import Job, Wait, WaitingFor
from likeness.domain.photos.photo import Box, Photo
from tests.builders import NOW, a_job, a_photo

# DynamoDB stores 38 digits, and powers of ten from -130 to 125.
numbers = st.floats(
    allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100
).filter(lambda number: number == 0 or abs(number) > 1e-100)


@given(left=numbers, top=numbers, width=numbers, height=numbers)
def test_floats_are_read_with_full_precision(left, top, width, height):
    photo = a_photo(face=Box(left=left, top=top, width=width, height=height))

    assert record(Photo, fields(photo)) == photo


def test_a_number_is_a_decimal_and_never_a_float():
    face = fields(a_photo())["face"]

    assert all(isinstance(value, Decimal) for value in face.values())


def test_none_is_not_stored():
    assert "reason" not in fields(a_job())
    assert record(Job, fields(a_job())) == a_job()


def test_the_tables_own_attributes_are_not_part_of_a_record():
    keys = {"pk": "JOB#1", "sk": "META", "gsi1pk": "USER#1", "gsi1sk": "x", "ttl": Decimal(1)}

    assert record(Job, fields(a_job()) | keys) == a_job()


def test_an_item_of_the_next_release_is_read_without_its_new_fields():
    """Both run during a gradual deployment, and a rollback leaves what the next one stored."""
    of = {"field": "of the next release"}
    wait = Wait(of=WaitingFor.CAPACITY, since=NOW)
    item = fields(a_job(waits=(wait,)))
    item["waits"] = [item["waits"][0] | of]

    assert record(Job, item | of) == a_job(waits=(wait,))


def test_an_item_without_a_required_field_is_an_error():
    item = fields(a_job())
    del item["user_id"]

    with pytest.raises(ValidationError):
        record(Job, item)


def test_the_condition_names_every_field_once():
    condition = unchanged(a_photo())

    assert sorted(condition["ExpressionAttributeNames"].values()) == sorted(Photo.model_fields)
    assert condition["ConditionExpression"].count(" AND ") == len(Photo.model_fields) - 1
