"""What the template must never lose: encryption, privacy, least privilege, dead letters."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.documents import ROOT, read

STORAGE = read("infra/storage.yaml")["Resources"]
BUCKETS = [name for name, one in STORAGE.items() if one["Type"] == "AWS::S3::Bucket"]
HAVE_ROLES = {
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
}


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_private_encrypted_and_keeps_no_versions(name):
    bucket = STORAGE[name]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "VersioningConfiguration" not in bucket, "deleting must delete"
    assert "ReplicationConfiguration" not in bucket, "deleting must delete"


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_reached_by_tls_only(name):
    policies = [
        one["Properties"]["PolicyDocument"]["Statement"]
        for one in STORAGE.values()
        if one["Type"] == "AWS::S3::BucketPolicy" and one["Properties"]["Bucket"] == {"Ref": name}
    ]
    (statement,) = policies[0]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"GetAtt": f"{name}.Arn"}, {"Sub": f"${{{name}.Arn}}/*"}]


def test_whatever_a_user_uploaded_lives_a_day_at_most():
    (rule,) = STORAGE["PhotosBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert "Prefix" not in rule
    assert rule["ExpirationInDays"] == 1
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_what_a_job_leaves_behind_lives_a_day_at_most():
    rules = STORAGE["AvatarsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
    assert days["work/"] == days["drawn/"] == 1
    assert all(rule["AbortIncompleteMultipartUpload"] for rule in rules)


def test_records_expire(storage):
    ttl = storage["Resources"]["Table"]["Properties"]["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "ttl", "Enabled": True}


def test_kept_answers_are_encrypted_and_go_after_a_day(storage):
    table = storage["Resources"]["IdempotencyTable"]["Properties"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"GetAtt": "Key.Arn"}


def statements(templates: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role, with the name of the resource that it belongs to."""
    for template in templates.values():
        for name, resource in template["Resources"].items():
            properties = resource.get("Properties", {})
            policies = properties.get("Policies", ()) if resource["Type"] in HAVE_ROLES else ()
            if resource["Type"] == "AWS::IAM::Policy":
                policies = (properties,)
            for policy in policies:
                for statement in policy.get("PolicyDocument", policy)["Statement"]:
                    yield name, statement


def test_there_are_statements_to_check(templates):
    assert sum(1 for _ in statements(templates)) > 40


def test_every_statement_is_named_and_none_allows_every_action(templates):
    for name, statement in statements(templates):
        assert statement.get("Sid"), f"{name} has a statement without a name"
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert not action.endswith("*"), f"{name}.{statement['Sid']} allows {action}"


HAS_NO_RESOURCES = (
    "rekognition:",
    "logs:",
    "ecr:GetAuthorizationToken",
    "states:SendTask",
)


def test_only_actions_without_resources_are_allowed_on_everything(templates):
    for name, statement in statements(templates):
        if statement["Resource"] != "*":
            continue
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert action.startswith(HAS_NO_RESOURCES), f"{name}.{statement['Sid']}: {action}"


def test_a_reason_stands_beside_every_permission():
    lines = (ROOT / "template.yaml").read_text().splitlines()
    for above, line in zip(lines, lines[1:], strict=False):
        if (
            "Sid: " in line
            and "Principal" not in line
            and "RulesOfThisAccount" not in line
            and "TopicOf" not in line
        ):
            assert "#" in line or above.strip().startswith("#"), f"no reason: {line.strip()}"


def test_only_those_who_submit_or_end_jobs_can_start_the_pipeline(templates):
    starters = {
        name
        for name, statement in statements(templates)
        if "states:StartExecution" in str(statement["Action"])
        and statement["Resource"] == {"Ref": "Pipeline"}
    }
    assert starters == {
        "SubmitJobFunction",
        "CancelJobFunction",
        "EraseUserFunction",
        "TimersRole",
        "StoppedRole",
    }


def test_only_the_function_that_takes_uploads_can_read_them(templates):
    readers = {
        name
        for name, statement in statements(templates)
        if "s3:GetObject" in statement["Action"] and "uploads/" in str(statement["Resource"])
    }
    assert readers == {"InspectPhotoFunction"}


def test_only_what_proves_deletions_and_erasures_can_sign_receipts(templates):
    signers = {
        name
        for name, statement in statements(templates)
        if "kms:Sign" in statement["Action"] and "Receipts." in str(statement["Resource"])
    }
    assert signers == {"ProveDeletionFunction", "EraseUserFunction"}


def test_only_publishing_can_sign_credentials(templates):
    key = {"GetAtt": "Provenance.Outputs.SigningKeyArn"}
    signers = {
        name: statement["Condition"]
        for name, statement in statements(templates)
        if "kms:Sign" in statement["Action"] and statement["Resource"] == key
    }
    algorithm = {"StringEquals": {"kms:SigningAlgorithm": "ECDSA_SHA_256"}}
    assert signers == {"PublishAvatarsFunction": algorithm}


def test_an_event_that_cannot_be_handled_is_kept(template):
    inspect = template["Resources"]["InspectPhotoFunction"]["Properties"]
    rule = inspect["Events"]["Uploaded"]["Properties"]
    queue = {"GetAtt": "Undelivered.Arn"}
    assert rule["DeadLetterConfig"] == {"Arn": queue}
    assert rule["RetryPolicy"]["MaximumRetryAttempts"] > 0
    assert inspect["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"] == queue


def test_what_the_endpoint_writes_lies_where_a_job_is_purged_and_nothing_outlives_a_day(gpu):
    output = gpu["Resources"]["EndpointConfig"]["Properties"]["AsyncInferenceConfig"][
        "OutputConfig"
    ]
    for path in (output["S3OutputPath"], output["S3FailurePath"]):
        assert path["Sub"].startswith("s3://${AvatarsBucketName}/work/")
    assert "IncludeInferenceResponseIn" not in output["NotificationConfig"], (
        "no picture in a message"
    )


def test_without_its_lane_no_endpoint_costs_anything(gpu):
    for name, resource in gpu["Resources"].items():
        if resource["Type"].startswith(("AWS::SageMaker", "AWS::ApplicationAutoScaling")):
            assert resource["Condition"] in {"HasEndpoint", "Scales", "StartsFromZero"}, name


def test_a_message_of_the_endpoint_that_cannot_be_handled_is_kept(template):
    finish = template["Resources"]["FinishInferenceFunction"]["Properties"]
    queue = {"GetAtt": "Undelivered.Arn"}
    rule = finish["Events"]["Ended"]["Properties"]
    assert rule["RedrivePolicy"] == {"deadLetterTargetArn": queue}
    assert finish["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"] == queue


def test_every_log_group_forgets(templates):
    groups = [
        one["Properties"]
        for template in templates.values()
        for one in template["Resources"].values()
        if one["Type"] == "AWS::Logs::LogGroup"
    ]
    assert groups
    assert all("RetentionInDays" in group for group in groups)


def test_all_functions_log_into_the_group_that_forgets(template):
    logging = template["Globals"]["Function"]["LoggingConfig"]
    assert logging == {"LogFormat": "JSON", "LogGroup": {"Ref": "Logs"}}


def test_the_pipeline_logs_no_data(template):
    logging = template["Resources"]["Pipeline"]["Properties"]["Logging"]
    assert logging["IncludeExecutionData"] is False


def test_the_access_log_names_the_route_and_never_the_path(template):
    written = template["Resources"]["Api"]["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in written
    assert "$context.path" not in written
    assert "identity" not in written


FOR_EVERYBODY = {"/v1/keys"}  # public keys


def test_every_route_has_an_authorizer(template):
    auth = template["Resources"]["Api"]["Properties"]["Auth"]
    assert auth["DefaultAuthorizer"] == "AWS_IAM"
    for name, resource in template["Resources"].items():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "HttpApi":
                path = event["Properties"]["Path"]
                chosen = event["Properties"].get("Auth", {}).get("Authorizer", "AWS_IAM")
                wanted = "Moderators" if "/v1/reviews" in path else "AWS_IAM"
                assert chosen == ("NONE" if path in FOR_EVERYBODY else wanted), name


def test_nobody_can_take_anything_out_of_the_audit_trail(templates):
    """Entries are only ever put: no role may delete an item of the table at all."""
    for name, statement in statements(templates):
        actions = str(statement["Action"])
        if "AUDIT" in str(statement.get("Condition")):
            assert "DeleteItem" not in actions, name
            assert "UpdateItem" not in actions, name


def test_nobody_at_the_desk_can_make_a_keyed_hash(templates):
    """Whoever can, can ask of a photo or a user whether it is the one that a hash was made of."""
    users = {
        name
        for name, statement in statements(templates)
        if "kms:GenerateMac" in str(statement["Action"])
    }
    assert {"ModeratePhotosFunction", "MatchAppealFunction", "FailJobFunction"} <= users
    assert not any("Review" in name or "Reveal" in name or "Audit" in name for name in users)


def test_no_moderators_function_but_reveal_and_the_blurring_one_reads_a_photo(templates):
    readers = {
        name
        for name, statement in statements(templates)
        if "s3:GetObject" in str(statement["Action"]) and "photos/*" in str(statement["Resource"])
    }
    assert readers == {
        "InspectPhotoFunction",
        "ModeratePhotosFunction",
        "ReadReviewFunction",
        "RevealPhotoFunction",
        "StartInferenceFunction",
        "TrainingRole",
    }


def test_a_moderator_cannot_say_who_they_are_in_the_app():
    client = read("infra/identity.yaml")["Resources"]["ModeratorClient"]["Properties"]
    assert "custom:app_user_id" in client["ReadAttributes"]
    assert "custom:app_user_id" not in client["WriteAttributes"]
