"""Repeated requests with an Idempotency-Key, and paged lists."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from likeness_client.errors import ApiError
from tests.stack.people import Person, until


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def ids(created):
    return created["job_id"], [post["photo_id"] for post in created["uploads"]]


def jobs_of(person, count):
    """The ids of a user's jobs, once the index contains that many."""
    listed = person.backend.list_jobs
    until(lambda: len(listed(person.user_id)["jobs"]) >= count)
    return [job["job_id"] for job in listed(person.user_id)["jobs"]]


@pytest.mark.parametrize("times", [2, 8])
def test_concurrent_orders_with_one_key_open_one_job(person, backend, key, times):
    order = person.order()

    def send(_):
        try:
            return ids(backend.create_job(order, idempotency_key=key))
        except ApiError as answered:
            return answered.status, answered.body["error"]

    with ThreadPoolExecutor(times) as pool:
        answered = list(pool.map(send, range(times)))

    created = ids(backend.create_job(order, idempotency_key=key))
    assert created in answered
    assert set(map(str, answered)) <= {str(created), str((409, "InProgress"))}
    assert jobs_of(person, 1) == [created[0]]


def test_another_body_or_path_under_the_key_is_refused(person, backend, key):
    order = person.order()
    job_id = backend.create_job(order, idempotency_key=key)["job_id"]

    for again in (
        lambda: backend.create_job(person.order(avatars=5), idempotency_key=key),
        lambda: backend.add_photo(job_id, {"content_type": "image/jpeg"}, idempotency_key=key),
    ):
        with pytest.raises(ApiError) as refused:
            again()
        assert refused.value.status == 422
        assert set(refused.value.body) == {"error", "message"}
        assert refused.value.body["error"] == "KeyReused"

    assert jobs_of(person, 1) == [job_id]


def test_a_repeated_order_gets_newly_presigned_posts_that_work(person, backend, selfies, key):
    order = person.order()
    backend.create_job(order, idempotency_key=key)

    repeated = backend.create_job(order, idempotency_key=key)
    backend.upload(repeated["uploads"][1], selfies[0])

    until(lambda: backend.get_job(repeated["job_id"])["photos"][1]["state"] == "accepted")


def test_repeated_requests_for_a_photo_with_one_key_add_one_photo(person, backend, key):
    job_id = backend.create_job(person.order())["job_id"]

    photo = {"content_type": "image/png"}
    posts = [backend.add_photo(job_id, photo, idempotency_key=key) for _ in range(3)]

    assert {post["photo_id"] for post in posts} == {"p04"}
    assert len(backend.get_job(job_id)["photos"]) == 4


def test_an_error_response_is_not_stored(person, backend, key, selfies):
    job_id = backend.create_job(person.order())["job_id"]
    for _ in range(2):
        with pytest.raises(ApiError, match="0 photos were accepted"):
            backend.submit_job(job_id, idempotency_key=key)

    posts = backend.create_job(person.order(), idempotency_key=str(uuid.uuid4()))["uploads"]
    assert len(posts) == 3


def test_stored_responses_contain_neither_urls_nor_names(person, backend, key, ops, running):
    backend.create_job(person.order(), idempotency_key=key)

    table = running.outputs["IdempotencyTable"]
    kept = ops("dynamodb").scan(TableName=table)["Items"]

    assert kept
    for item in kept:
        assert set(item) <= {
            "id",
            "status",
            "expiration",
            "in_progress_expiration",
            "validation",
            "data",
        }
        for text in (key, person.user_id, "policy", "X-Amz", "http", "likeness-app-backend"):
            assert text not in str(item)


def test_a_list_has_only_the_users_jobs_newest_first_in_pages(backend, person):
    mine = [backend.create_job(person.order())["job_id"] for _ in range(3)]
    other = Person(backend)
    backend.create_job(other.order())
    assert jobs_of(person, 3) == mine[::-1]

    first = backend.list_jobs(person.user_id, limit=2)
    second = backend.list_jobs(person.user_id, limit=2, cursor=first["next"])

    assert [job["job_id"] for job in (*first["jobs"], *second["jobs"])] == mine[::-1]
    assert second["next"] is None
    with pytest.raises(ApiError) as refused:
        backend.list_jobs(other.user_id, cursor=first["next"])
    assert refused.value.status == 400
    assert "cursor" in refused.value.body["message"]


def test_the_catalogue_and_the_queue_are_paged(backend):
    every = [style["style"] for style in backend.all_styles()]
    first = backend.list_styles(limit=10)
    second = backend.list_styles(limit=10, cursor=first["next"])

    paged = [style["style"] for style in (*first["styles"], *second["styles"])]
    assert paged == every
