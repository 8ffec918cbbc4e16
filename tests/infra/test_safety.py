"""What the templates must never lose: encryption, privacy, least privilege, dead letters."""

import re
from datetime import timedelta

import pytest

from likeness.domain.account.erasure import RETAINED
from likeness.services.photos.fail_inspection import FAILED
from likeness.services.photos.lost_uploads import INSPECTION_ENDS_WITHIN
from likeness.services.review.complete_holds import INCOMPLETE
from likeness.services.review.holding import HELD
from tests.infra.documents import ROOT, TOP, of_type, read
from tests.infra.permissions import permissions, statements
from tests.infra.stacks import MACHINE, deployed, properties

STORAGE = read("infra/storage.yaml")["Resources"]
BUCKETS = [name for name, one in STORAGE.items() if one["Type"] == "AWS::S3::Bucket"]
PERMISSIONS = list(permissions())
DEAD_LETTERS = "arn:aws:sqs:REGION:ACCOUNT:DeadLetterQueue"


def may(action: str, resource: str = "") -> set[str]:
    """The roles that may do an action on a resource whose name has this text in it."""
    return {one.role for one in PERMISSIONS if one.action == action and resource in one.resource}


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


def test_there_are_statements_to_check():
    assert sum(1 for _ in statements()) > 40


def test_every_statement_is_named_and_none_allows_every_action():
    for role, statement in statements():
        assert statement.get("Sid"), f"{role} has a statement without a name"
    for one in PERMISSIONS:
        assert not one.action.endswith("*"), f"{one.role}.{one.sid} allows {one.action}"


HAS_NO_RESOURCES = (
    "rekognition:",
    "logs:",
    "ecr:GetAuthorizationToken",
    "states:SendTask",
    "cloudwatch:PutMetricData",
)


def test_only_actions_without_resources_are_allowed_on_everything():
    for one in PERMISSIONS:
        if one.resource == "*":
            assert one.action.startswith(HAS_NO_RESOURCES), f"{one.role}.{one.sid}: {one.action}"


def test_a_reason_stands_beside_every_permission(templates):
    """Beside each statement of a function, and beside each shared policy."""
    for file, template in templates.items():
        lines = (ROOT / file).read_text().splitlines()
        for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
            is_shared = below.strip() == "Type: AWS::IAM::ManagedPolicy"
            is_own = line.strip().startswith("- Sid:") and "Globals" in template
            if (is_shared or is_own) and "Principal" not in lines[lines.index(line) + 2]:
                has_reason = "#" in line or above.strip().startswith("#")
                assert has_reason, f"{file}: {line.strip()}"


def test_only_those_who_submit_or_end_jobs_can_start_the_pipeline():
    pipeline = "states:stateMachine:likeness-STAGE"
    starters = {
        one.role
        for one in PERMISSIONS
        if (one.action, one.resource) == ("states:StartExecution", pipeline)
    }
    assert starters == {
        "SubmitJobFunction",
        "DecideHoldFunction",
        "DeleteJobFunction",
        "EraseUserFunction",
        "OverturnReviewFunction",
        "TimersRole",
        "ExecutionStoppedRole",
    }


def test_only_functions_that_take_or_preserve_uploads_can_read_them():
    assert may("s3:GetObject", "uploads/") == {"InspectPhotoFunction", "CompleteHoldsFunction"}


def test_only_what_proves_deletions_and_erasures_and_anchors_the_audit_log_can_sign_receipts():
    assert may("kms:Sign", "ReceiptKey") == {
        "AnchorAuditFunction",
        "EraseUserFunction",
        "ProveDeletionFunction",
    }


def test_the_release_before_may_still_sign_with_its_key_after_a_rotation():
    """All versions of a function share a role, and sign with the first key of their release."""
    rotated = {"Split": [",", {"Ref": "ReceiptKeyArns"}]}
    for path in ("infra/deletion.yaml", "infra/review.yaml"):
        signing = [
            statement["Resource"]
            for _, function in of_type({path: read(path)})
            for policy in function.get("Policies", ())
            if isinstance(policy, dict) and "Statement" in policy
            for statement in policy["Statement"]
            if "kms:Sign" in statement.get("Action", ())
        ]
        assert signing
        assert all(resource == rotated for resource in signing), path


def test_only_publishing_can_sign_credentials():
    assert may("kms:Sign", "SigningKey") == {"PublishAvatarsFunction"}


def test_signatures_are_of_one_algorithm():
    conditions = {one.condition for one in PERMISSIONS if one.action == "kms:Sign"}
    assert conditions == {"StringEquals kms:SigningAlgorithm ECDSA_SHA_256"}


@pytest.mark.parametrize("name", ["InspectPhotoFunction", "MatchAppealFunction"])
def test_an_upload_that_reaches_no_function_goes_to_the_dead_letter_queue(name):
    rule = properties(name)["Events"]["Uploaded"]["Properties"]
    assert rule["DeadLetterConfig"] == {"Arn": DEAD_LETTERS}
    assert rule["RetryPolicy"]["MaximumRetryAttempts"] > 0


@pytest.mark.parametrize("name", ["FailInspectionFunction", "MatchAppealFunction"])
def test_an_upload_that_cannot_be_handled_goes_to_the_dead_letter_queue(name):
    destinations = properties(name)["EventInvokeConfig"]["DestinationConfig"]
    assert destinations["OnFailure"]["Destination"] == DEAD_LETTERS


def test_a_file_that_ends_the_process_is_tried_once_and_reported():
    inspect = properties("InspectPhotoFunction")
    config = inspect["EventInvokeConfig"]
    assert config["MaximumRetryAttempts"] == 0
    assert config["DestinationConfig"]["OnFailure"]["Destination"].endswith(
        "FailInspectionFunction:live"
    )
    assert timedelta(seconds=inspect["Timeout"]) <= INSPECTION_ENDS_WITHIN


def test_the_alarm_of_failed_inspections_watches_their_metric():
    alarm = read("infra/alarms.yaml")["Resources"]["InspectionFailed"]["Properties"]
    assert alarm["MetricName"] == FAILED


def test_the_endpoint_writes_where_a_jobs_files_are_deleted(generation):
    output = generation["Resources"]["EndpointConfig"]["Properties"]["AsyncInferenceConfig"][
        "OutputConfig"
    ]
    for path in (output["S3OutputPath"], output["S3FailurePath"]):
        assert path["Sub"].startswith("s3://${AvatarsBucketName}/work/")
    assert "IncludeInferenceResponseIn" not in output["NotificationConfig"], (
        "no picture in a message"
    )


def test_the_endpoint_exists_only_with_its_backend(generation):
    for name, resource in generation["Resources"].items():
        if resource["Type"].startswith(("AWS::SageMaker", "AWS::ApplicationAutoScaling")):
            assert resource["Condition"] in {"HasEndpoint", "Scales", "StartsFromZero"}, name


def test_a_message_of_the_endpoint_that_cannot_be_handled_goes_to_the_dead_letter_queue():
    finish = properties("FinishInferenceFunction")
    rule = finish["Events"]["Ended"]["Properties"]
    assert rule["RedrivePolicy"] == {"deadLetterTargetArn": DEAD_LETTERS}
    destinations = finish["EventInvokeConfig"]["DestinationConfig"]
    assert destinations["OnFailure"]["Destination"] == DEAD_LETTERS


def test_every_log_group_has_a_retention(templates):
    groups = [one for _, one in of_type(templates, "AWS::Logs::LogGroup")]
    assert groups
    assert all("RetentionInDays" in group for group in groups)


def settings_of_functions():
    return [
        stack.resolve(stack.template["Globals"]["Function"])
        for stack in deployed()
        if "Globals" in stack.template
    ]


def test_all_functions_log_into_the_group_with_a_retention():
    group = properties("Logs", "AWS::Logs::LogGroup")["LogGroupName"]
    for settings in settings_of_functions():
        assert settings["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": group}


def test_all_functions_have_the_same_settings_and_those_of_the_api_give_up_first():
    settings = settings_of_functions()
    variables = [one["Environment"]["Variables"] for one in settings]
    limits = [
        [one.pop(f"LIKENESS_CALL_{name}", "") for name in ("SECONDS", "ATTEMPTS")]
        for one in variables
    ]
    pools = [one.pop("LIKENESS_MODERATOR_POOL", "") for one in variables]
    assert [bool(one) for one in pools] == [limit == ["5", "3"] for limit in limits]
    assert sorted(limits) == [["", ""]] * 4 + [["5", "3"]]
    snapshots = [one.pop("SnapStart", None) for one in settings]
    assert [bool(one) for one in snapshots] == [bool(pool) for pool in pools]
    assert all(one == settings[0] for one in settings)


def test_the_functions_know_buckets_by_the_names_that_they_have():
    variables = settings_of_functions()[0]["Environment"]["Variables"]
    for kind in ("Photos", "Avatars"):
        made = properties(f"{kind}Bucket", "AWS::S3::Bucket")["BucketName"]
        assert variables[f"LIKENESS_{kind.upper()}_BUCKET"] == made


@pytest.mark.parametrize("name", ["Pipeline", "Erasure", "Sweep"])
def test_no_state_machine_logs_data(name):
    machine = properties(name, "AWS::Serverless::StateMachine")
    assert machine["Logging"]["IncludeExecutionData"] is False


def test_the_access_log_names_the_route_and_never_the_path():
    api = properties("Api", "AWS::Serverless::HttpApi")
    written = api["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in written
    assert "$context.path" not in written
    assert "identity" not in written


def test_a_page_of_another_origin_can_send_no_token_and_only_read():
    """Without a web origin there is no CORS rule. With one, a page may post an upload and read."""
    cors = properties("Api", "AWS::Serverless::HttpApi")["CorsConfiguration"]
    assert cors == {
        "AllowOrigins": ["https://app.example"],
        "AllowMethods": ["GET"],
        "MaxAge": 3600,
    }
    for name, method in (("PhotosBucket", "POST"), ("AvatarsBucket", "GET")):
        (rule,) = properties(name, "AWS::S3::Bucket")["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedOrigins"] == ["https://app.example"]
        assert rule["AllowedMethods"] == [method]
        assert "AllowedHeaders" not in rule


@pytest.mark.parametrize(
    ("origins", "accepted"),
    [
        ("", True),
        ("https://app.example", True),
        ("https://app.example,https://b.example:8443,http://localhost:3000", True),
        ("*", False),
        ("https://*", False),
        ("https://app.example/", False),
        ("http://app.example", False),
        (",https://app.example", False),
        ("https://app.example,", False),
        ("https://app.example, https://b.example", False),
    ],
)
def test_only_exact_origins_are_accepted(origins, accepted):
    pattern = read(TOP)["Parameters"]["WebOrigins"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origins)) is accepted


def test_records_are_protected_in_prod_and_where_asked():
    """And nowhere else: a stage of a developer, and the laptop's, can be removed."""
    choice = {
        "Or": [
            {"Equals": [{"Ref": "DeletionProtection"}, "on"]},
            {
                "And": [
                    {"Equals": [{"Ref": "DeletionProtection"}, "auto"]},
                    {"Equals": [{"Ref": "Stage"}, "prod"]},
                ]
            },
        ]
    }
    for file in ("infra/storage.yaml", "infra/identity.yaml"):
        assert read(file)["Conditions"]["IsProtected"] == choice
    assert read(TOP)["Parameters"]["DeletionProtection"]["Default"] == "auto"
    assert STORAGE["Table"]["Properties"]["DeletionProtectionEnabled"] == {
        "If": ["IsProtected", True, False]
    }
    pool = read("infra/identity.yaml")["Resources"]["ModeratorPool"]["Properties"]
    assert pool["DeletionProtection"] == {"If": ["IsProtected", "ACTIVE", "INACTIVE"]}


def test_a_receipt_of_an_erasure_is_true_of_backups_too():
    """It says that nothing else is stored, so no table has one (decision 099)."""
    tables = [
        one["Properties"]
        for stack in deployed()
        for one in stack.resources.values()
        if one["Type"] == "AWS::DynamoDB::Table"
    ]
    assert RETAINED.endswith("Nothing else.")
    assert len(tables) == 2
    assert not any("PointInTimeRecoverySpecification" in table for table in tables)


def test_no_concurrency_is_reserved_unless_asked():
    """A new account has 10, and AWS leaves 100 unreserved: a reservation would fail there."""
    for name in ("InspectConcurrency", "PublicConcurrency"):
        assert read(TOP)["Parameters"][name]["Default"] == 0
    for file, function, condition in (
        ("infra/pipeline.yaml", "InspectPhotoFunction", "ReservesInspections"),
        ("infra/api.yaml", "CatalogueFunction", "LimitsPublicRoutes"),
    ):
        found = read(file)["Resources"][function]["Properties"]["ReservedConcurrentExecutions"]
        assert (found["If"][0], found["If"][2]) == (condition, {"Ref": "AWS::NoValue"})


def test_the_trail_records_the_objects_of_every_bucket_of_users():
    trail = read("infra/trail.yaml")["Resources"]["Trail"]
    (selector,) = trail["Properties"]["AdvancedEventSelectors"]
    arns = next(one for one in selector["FieldSelectors"] if one["Field"] == "resources.ARN")
    buckets = {one["Sub"] for one in arns["StartsWith"]}
    assert buckets == {f"${{{name}BucketArn}}/" for name in ("Photos", "Avatars", "Hold")}
    assert trail["DependsOn"] == "FilesPolicy"


def test_retained_data_goes_with_a_failed_first_deployment():
    """Otherwise its names are taken, and the next deployment fails."""
    retained = [
        one
        for stack in deployed()
        for one in stack.resources.values()
        if "Retain" in one.get("UpdateReplacePolicy", "")
    ]
    assert len(retained) == 11
    assert {one["DeletionPolicy"] for one in retained} == {"RetainExceptOnCreate"}
    for stack in deployed():
        for one in stack.resources.values():
            assert one.get("DeletionPolicy") != "Retain"


def test_the_sweeps_alarm_is_quiet_until_the_first_sweep():
    """A new alarm is in INSUFFICIENT_DATA; it acts when it comes back to that state."""
    alarm = properties("SweepMissing", "AWS::CloudWatch::Alarm")
    assert alarm["TreatMissingData"] == "missing"
    assert alarm["InsufficientDataActions"]
    hours = alarm["Period"] * alarm["EvaluationPeriods"] / 3600
    assert 24 < hours < 30
    daily = properties("Sweep", MACHINE)["Events"]["Daily"]["Properties"]["Schedule"]
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", daily)


def test_no_role_can_delete_an_audit_event():
    for one in PERMISSIONS:
        if {"CHAIN#*", "ANCHORS"} & set(one.keys):
            assert one.action not in {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}, one.role


def test_the_moderators_functions_cannot_compute_a_keyed_hash():
    """Who can, can test whether a photo or a user is the one that a hash was computed of."""
    users = may("kms:GenerateMac")
    assert {"ModeratePhotosFunction", "MatchAppealFunction", "FailJobFunction"} <= users
    assert not any("Review" in one or "Reveal" in one or "Desk" in one for one in users)


def test_only_reveal_and_the_blurring_functions_of_the_moderators_read_photos():
    assert may("s3:GetObject", "photos-ACCOUNT-REGION/photos/*") == {
        "ClaimNextFunction",
        "CompleteHoldsFunction",  # copies what is held
        "HoldReviewFunction",
        "InspectPhotoFunction",
        "MixKnownCasesFunction",  # moderates its own copies
        "ModeratePhotosFunction",
        "OverturnReviewFunction",  # copies what a lead refuses for age and nudity
        "ReadReviewFunction",
        "RevealPhotoFunction",
        "StartInferenceFunction",
        "TrainingRole",
    }


def test_a_moderator_cannot_change_their_account_in_the_app():
    client = read("infra/identity.yaml")["Resources"]["ModeratorClient"]["Properties"]
    assert "custom:app_user_id" in client["ReadAttributes"]
    assert "custom:app_user_id" not in client["WriteAttributes"]


# --- the hold bucket -----------------------------------------------------------------------------

HOLD = read("infra/hold.yaml")["Resources"]


def test_the_hold_bucket_is_locked_encrypted_by_its_own_key_and_expires_nothing():
    bucket = HOLD["HoldBucket"]["Properties"]
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]

    assert bucket["ObjectLockEnabled"] is True
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == {"GetAtt": "HoldKey.Arn"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert "LifecycleConfiguration" not in bucket
    assert "NotificationConfiguration" not in bucket


def test_no_function_reads_the_hold_bucket_or_bypasses_its_retention():
    assert may("s3:GetObject", "hold-ACCOUNT-REGION") == may("s3:GetObjectVersion", "hold") == set()
    assert may("s3:BypassGovernanceRetention") == set()
    assert may("s3:PutObject", "hold-ACCOUNT-REGION") == {
        "CompleteHoldsFunction",
        "HoldReviewFunction",
        "InspectPhotoFunction",
        "MatchAppealFunction",
        "ModeratePhotosFunction",
        "OverturnReviewFunction",
    }
    assert may("s3:DeleteObjectVersion", "hold-ACCOUNT-REGION") == {"DecideHoldFunction"}
    assert "SweepRangeFunction" not in {
        one.role for one in PERMISSIONS if "hold-ACCOUNT-REGION" in one.resource
    }


def test_only_the_named_role_decrypts_and_reads_copies():
    statements = HOLD["HoldKey"]["Properties"]["KeyPolicy"]["Statement"]
    allowed = {
        one["Sid"]: one["Action"]
        for one in (first if "Sid" in first else first["If"][1] for first in statements)
    }
    assert allowed["WriteThroughS3"] == "kms:GenerateDataKey"
    assert allowed["ReadThroughS3"] == "kms:Decrypt"
    assert not {action for action in allowed["Administration"] if "crypt" in action}
    assert "kms:*" not in allowed["Administration"]
    deny = HOLD["HoldBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][1]
    assert deny["Effect"] == "Deny"
    assert {"s3:GetObject", "s3:GetObjectVersion"} <= set(deny["Action"])
    assert deny["Condition"] == {
        "StringNotEquals": {
            "aws:PrincipalArn": {"If": ["HasReader", {"Ref": "HoldReader"}, "none"]}
        }
    }


@pytest.mark.parametrize("name", ["JobsHeld", "HoldIncomplete"])
def test_the_alarms_of_holds_watch_the_metrics_of_the_code(name):
    metrics = {"JobsHeld": HELD, "HoldIncomplete": INCOMPLETE}
    alarm = read("infra/alarms.yaml")["Resources"][name]["Properties"]
    assert alarm["MetricName"] == metrics[name]


# --- test jobs -----------------------------------------------------------------------------------


def test_test_mode_is_off_by_default_and_refused_in_prod():
    template = read(TOP)

    assert template["Parameters"]["TestMode"]["Default"] == "off"
    rule = template["Rules"]["TestModeIsNotInProd"]
    assert rule["RuleCondition"] == {"Equals": [{"Ref": "TestMode"}, "on"]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Not": [{"Equals": [{"Ref": "Stage"}, "prod"]}]}


def test_without_test_mode_no_function_runs_a_test():
    pipeline = read("infra/pipeline.yaml")

    assert pipeline["Conditions"]["HasTestMode"] == {"Equals": [{"Ref": "TestMode"}, "on"]}
    assert pipeline["Resources"]["RunTestFunction"]["Condition"] == "HasTestMode"


def test_a_test_job_reads_no_picture_calls_no_detector_and_signs_nothing():
    allowed = {one.action for one in PERMISSIONS if one.role == "RunTestFunction"}

    assert "s3:PutObject" in allowed
    assert not [a for a in allowed if a.startswith(("rekognition:", "sagemaker:", "states:"))]
    assert not allowed & {"s3:GetObject", "kms:Sign", "ssm:GetParameter"}
