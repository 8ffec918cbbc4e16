"""Requests to SageMaker's endpoint, and the errors that its errors become."""

import pytest

from likeness.adapters.generation.endpoint import AsyncEndpoint
from likeness.domain.errors import Denied, Unavailable
from likeness.domain.generation.run import RUN_NAME, Run
from tests.builders import JOB, NOW
from tests.integration.aws_answers import answer, fail

RUN = Run(job_id=JOB, attempt=2, tries=3, requested_at=NOW)


@pytest.fixture
def runtime(session):
    return session.client("sagemaker-runtime")


def asked(runtime) -> dict[str, str]:
    """The headers of the call; SageMaker returns where it would write a failure."""
    seen: dict[str, str] = {}

    def note(params, **_):
        seen.update(params["headers"])
        return answer(202, {"FailureLocation": "s3://avatars/work/failures/f-error.out"})

    runtime.meta.events.register("before-call.sagemaker-runtime.InvokeEndpointAsync", note)
    return seen


def test_the_output_location_is_in_the_jobs_own_folder(runtime):
    headers = asked(runtime)

    failure = AsyncEndpoint(runtime, "likeness-test", "avatars").invoke(RUN)

    assert failure == "s3://avatars/work/failures/f-error.out"
    assert headers["X-Amzn-SageMaker-InputLocation"] == (
        f"s3://avatars/work/{JOB}/r2/endpoint/request.tar"
    )
    assert headers["X-Amzn-SageMaker-S3OutputPathExtension"] == f"{JOB}/r2/endpoint/"
    assert headers["X-Amzn-SageMaker-Filename"] == "response.tar"


def test_the_notification_is_matched_by_the_inference_id(runtime):
    headers = asked(runtime)

    AsyncEndpoint(runtime, "likeness-test", "avatars").invoke(RUN)

    name = RUN_NAME.fullmatch(headers["X-Amzn-SageMaker-Inference-Id"])
    assert name is not None
    assert (name["job_id"], name["attempt"], name["tries"]) == (JOB, "2", "3")
    assert len(name[0]) <= 64


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", Unavailable),
        ("ServiceUnavailable", Unavailable),
        ("ValidationError", Unavailable),
        ("AccessDeniedException", Denied),
    ],
)
def test_any_other_error_can_be_retried(runtime, code, error):
    fail(runtime, "InvokeEndpointAsync", code, times=9)

    with pytest.raises(error):
        AsyncEndpoint(runtime, "likeness-test", "avatars").invoke(RUN)
