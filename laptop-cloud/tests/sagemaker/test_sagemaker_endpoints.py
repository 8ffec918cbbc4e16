"""Asynchronous endpoints: creation, requests, notifications, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.lab import ROLE, wait_for

if TYPE_CHECKING:
    from support.lab import Lab

TOPIC = "arn:aws:sns:eu-central-1:123456789012:inferences"


class Host:
    """A model, its configuration and its endpoint, as a template creates them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def call(self, operation: str, **payload: Any) -> dict[str, Any]:
        status, answer = self.lab.call(operation, **payload)
        assert status == 200, answer
        return answer

    def make(
        self,
        *,
        environment: dict[str, str] | None = None,
        concurrency: int | None = None,
        **changes: Any,
    ) -> None:
        primary: dict[str, Any] = {"Image": "serve", "Environment": environment or {}}
        if source := changes.pop("weights", None):
            source = {"S3Uri": source, "S3DataType": "S3Prefix", "CompressionType": "None"}
            primary["ModelDataSource"] = {"S3DataSource": source}
        self.call(
            "CreateModel",
            ModelName="m",
            ExecutionRoleArn=ROLE,
            PrimaryContainer=primary,
            EnableNetworkIsolation=True,
        )
        self.config("c", concurrency=concurrency, **changes)
        self.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    def config(self, name: str, *, concurrency: int | None = None, **changes: Any) -> None:
        output = {
            "S3OutputPath": f"s3://{self.lab.bucket}/work/",
            "S3FailurePath": f"s3://{self.lab.bucket}/work/failures/",
            "NotificationConfig": {"SuccessTopic": TOPIC, "ErrorTopic": TOPIC},
        }
        variant = {
            "VariantName": "all",
            "ModelName": "m",
            "InstanceType": "ml.c7i.xlarge",
            "InitialInstanceCount": 1,
        }
        asynchronous: dict[str, Any] = {"OutputConfig": output}
        if concurrency is not None:
            asynchronous["ClientConfig"] = {"MaxConcurrentInvocationsPerInstance": concurrency}
        self.call(
            "CreateEndpointConfig",
            EndpointConfigName=name,
            ProductionVariants=[variant | changes],
            AsyncInferenceConfig=asynchronous,
        )

    def state(self) -> dict[str, Any]:
        return self.call("DescribeEndpoint", EndpointName="e")

    def ready(self) -> None:
        wait_for(lambda: self.state()["EndpointStatus"] != "Creating")
        assert self.state()["EndpointStatus"] == "InService", self.state()

    def ask(self, text: str, **more: Any) -> dict[str, str]:
        self.lab.put(text, text)
        location = f"s3://{self.lab.bucket}/{text}"
        asked = {"EndpointName": "e", "InputLocation": location, "InferenceId": text} | more
        status, answer = self.lab.sagemaker.invoke_async(asked)
        assert status == 202, answer
        return answer

    def notification(self, inference: str) -> dict[str, Any]:
        """The notification of an inference."""

        def found() -> dict[str, Any] | None:
            messages = (message for *_, message in self.lab.published)
            return next((one for one in messages if one["inferenceId"] == inference), None)

        answer = wait_for(found)
        assert answer
        return answer

    def log(self) -> list[str]:
        path = self.lab.logs / "e.log"
        return path.read_text().splitlines() if path.exists() else []

    def text(self, uri: str) -> str:
        return self.lab.text(uri.removeprefix(f"s3://{self.lab.bucket}/"))


@pytest.fixture
def host(lab: Lab) -> Host:
    return Host(lab)


@pytest.fixture
def serving(host: Host) -> Host:
    host.make()
    host.ready()
    return host


def test_an_output_is_written_to_the_requested_place_and_published(serving: Host) -> None:
    answer = serving.ask("hello", S3OutputPathExtension="j1/r1/", Filename="response.tar")

    sent = serving.notification("hello")

    assert answer["OutputLocation"] == "s3://work/work/j1/r1/response.tar"
    assert serving.text(answer["OutputLocation"]) == "HELLO"
    assert sent["invocationStatus"] == "Completed"
    assert sent["responseParameters"] == {"outputLocation": answer["OutputLocation"]}
    assert serving.lab.published[0][:2] == (ROLE, TOPIC)


def test_without_a_name_an_output_gets_a_generated_one(serving: Host) -> None:
    one, other = serving.ask("one"), serving.ask("two")

    assert one["OutputLocation"] != other["OutputLocation"]
    assert one["OutputLocation"].startswith("s3://work/work/")


@pytest.mark.parametrize(("status", "kind"), [(400, "client"), (500, "server")])
def test_an_error_of_the_container_fails_the_request_and_is_stored(
    serving: Host, status: int, kind: str
) -> None:
    answer = serving.ask(f"refuse {status}")

    sent = serving.notification(f"refuse {status}")

    assert sent["invocationStatus"] == "Failed"
    assert f"{kind} error ({status})" in sent["failureReason"]
    assert serving.text(answer["FailureLocation"]) == '{"error": "OrderError"}'
    assert answer["OutputLocation"] not in serving.lab.uploaded("work/")


def test_by_default_requests_are_processed_one_at_a_time_in_order(serving: Host) -> None:
    for text in ("slow", "second", "third"):
        serving.ask(text)

    serving.notification("third")

    def asked() -> list[str]:
        return [line for line in serving.log() if line.startswith("asked for")]

    assert wait_for(lambda: len(asked()) == 3 and asked()) == [
        f"asked for {text}" for text in ("slow", "second", "third")
    ]


def test_as_many_requests_are_in_progress_as_the_configuration_allows(host: Host) -> None:
    """Two wait in the container for each other; the third waits in the queue until one ends."""
    host.make(concurrency=2)
    host.ready()
    for text in ("meet 2 a", "meet 2 b", "meet 4 c", "meet 4 d"):
        host.ask(text)

    for text in ("meet 2 a", "meet 2 b", "meet 4 c", "meet 4 d"):
        assert host.notification(text)["invocationStatus"] == "Completed"

    def in_progress() -> list[str]:
        return [line for line in host.log() if line.startswith("in progress")]

    assert wait_for(lambda: len(in_progress()) == 4 and set(in_progress())) == {
        "in progress: 1",
        "in progress: 2",
    }


def test_a_container_that_ends_fails_all_its_requests_and_is_restarted_once(host: Host) -> None:
    host.make(concurrency=2)
    host.ready()
    host.ask("hang")
    wait_for(lambda: "asked for hang" in host.log())

    host.ask("die")

    assert host.notification("die")["invocationStatus"] == "Failed"
    assert host.notification("hang")["invocationStatus"] == "Failed"
    host.ask("hello")
    assert host.notification("hello")["invocationStatus"] == "Completed"
    assert wait_for(lambda: host.log().count("started") == 2)


@pytest.mark.parametrize("concurrency", [0, 1001])
def test_a_concurrency_out_of_bounds_is_refused(host: Host, concurrency: int) -> None:
    with pytest.raises(AssertionError, match="axConcurrentInvocationsPerInstance"):
        host.make(concurrency=concurrency)


def test_the_program_has_its_weights_and_environment_and_no_network(
    host: Host,
) -> None:
    host.lab.put("weights/large/manifest.json", "{}")
    host.make(environment={"GREETING": "hi"}, weights="s3://work/weights/large/")
    host.ready()

    answer = host.ask("look around", Accept="application/x-tar")
    host.notification("look around")

    assert host.text(answer["OutputLocation"]) == (
        "['serve'] ['manifest.json'] hi application/x-tar"
    )


def test_a_program_can_listen_in_its_folder_for_temporary_files(serving: Host) -> None:
    answer = serving.ask("listen")
    serving.notification("listen")

    assert serving.text(answer["OutputLocation"]) == "listens"


def test_the_weights_are_read_only(serving: Host) -> None:
    answer = serving.ask("scribble")
    serving.notification("scribble")

    said = serving.text(answer["OutputLocation"])
    if said == "written":
        logs = "".join(path.read_text() for path in serving.lab.logs.iterdir())
        assert "a read-only input is not available on this system" in logs
        pytest.skip("this system has no mount namespaces")
    assert said == "Read-only file system"


def test_a_missing_input_fails_the_request(serving: Host) -> None:
    serving.ask("gone", InputLocation="s3://work/nowhere")

    assert "Failed to download data" in serving.notification("gone")["failureReason"]


def test_a_container_that_ends_is_restarted_for_the_next_request(serving: Host) -> None:
    serving.ask("die")
    assert serving.notification("die")["invocationStatus"] == "Failed"

    serving.ask("hello")

    assert serving.notification("hello")["invocationStatus"] == "Completed"


def test_a_request_that_takes_too_long_fails_and_the_next_succeeds(serving: Host) -> None:
    serving.ask("hang", InvocationTimeoutSeconds=1)
    assert "InvocationTimeoutSeconds" in serving.notification("hang")["failureReason"]

    serving.ask("hello")

    assert serving.notification("hello")["invocationStatus"] == "Completed"


def test_an_output_without_permission_to_write_fails_the_request(serving: Host) -> None:
    serving.lab.deny_writing("work/")
    serving.ask("hello")

    assert "InternalServerError" in serving.notification("hello")["failureReason"]


def test_a_program_that_ends_at_once_fails_the_endpoint_with_a_reason(host: Host) -> None:
    host.make(environment={"GREETING": "none"})

    wait_for(lambda: host.state()["EndpointStatus"] == "Failed")

    assert (
        "exit code 4: WeightsError: the weights have no manifest" in host.state()["FailureReason"]
    )


def test_a_program_that_never_answers_fails_the_endpoint(host: Host) -> None:
    host.lab.rebuild(grace_seconds=0.1)
    host.make(environment={"GREETING": "stubborn"})
    host.call("DeleteEndpoint", EndpointName="e")
    host.config("impatient")
    host.lab.sagemaker._hosting._configs["impatient"]["ProductionVariants"][0][
        "ContainerStartupHealthCheckTimeoutInSeconds"
    ] = 0.5  # on AWS, a minute or more

    host.call("CreateEndpoint", EndpointName="e", EndpointConfigName="impatient")
    wait_for(lambda: host.state()["EndpointStatus"] == "Failed")

    assert "did not pass the ping health check" in host.state()["FailureReason"]


def test_missing_weights_fail_the_endpoint(host: Host) -> None:
    host.make(weights="s3://work/weights/none/")

    wait_for(lambda: host.state()["EndpointStatus"] == "Failed")

    assert "Could not find model data" in host.state()["FailureReason"]


def test_a_deleted_endpoint_leaves_no_process_and_no_file(serving: Host) -> None:
    serving.call("DeleteEndpoint", EndpointName="e")

    assert serving.lab.leftovers() == []
    assert serving.lab.call("DescribeEndpoint", EndpointName="e")[0] == 400
    status, answer = serving.lab.sagemaker.invoke_async(
        {"EndpointName": "e", "InputLocation": "s3://work/in"}
    )
    assert (status, answer["__type"]) == (400, "ValidationError")


def test_deleting_the_endpoint_fails_the_current_request(serving: Host) -> None:
    serving.lab.rebuild(grace_seconds=0.1)
    serving.make()
    serving.ready()
    serving.ask("hang")
    wait_for(lambda: "asked for hang" in serving.log())

    serving.call("DeleteEndpoint", EndpointName="e")

    assert serving.notification("hang")["invocationStatus"] == "Failed"


def test_an_endpoint_can_be_updated(serving: Host) -> None:
    serving.config("other")

    serving.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="other")
    serving.ready()
    serving.ask("hello")

    assert serving.notification("hello")["invocationStatus"] == "Completed"
    assert serving.state()["EndpointConfigName"] == "other"


@pytest.mark.parametrize(
    ("operation", "payload"),
    [
        ("DescribeModel", {"ModelName": "x"}),
        ("DeleteEndpointConfig", {"EndpointConfigName": "x"}),
        ("CreateEndpoint", {"EndpointName": "x", "EndpointConfigName": "x"}),
        ("DeleteEndpoint", {"EndpointName": "x"}),
    ],
)
def test_the_message_names_what_is_missing(
    lab: Lab, operation: str, payload: dict[str, str]
) -> None:
    status, answer = lab.call(operation, **payload)

    assert (status, answer["__type"]) == (400, "ValidationException")
    assert "Could not find" in answer["message"]


def test_unsupported_features_are_refused(host: Host) -> None:
    serverless = {"VariantName": "all", "ServerlessConfig": {"MemorySizeInMB": 1024}}
    status, answer = host.lab.call(
        "CreateEndpointConfig",
        EndpointConfigName="c",
        ProductionVariants=[{**serverless["ServerlessConfig"], "VariantName": "all"}],
    )
    assert status == 400
    assert "ProductionVariant" in answer["message"]

    status, answer = host.lab.call(
        "CreateModel", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "unknown"}
    )
    assert (status, answer["message"]) == (400, "Cannot find image unknown.")
