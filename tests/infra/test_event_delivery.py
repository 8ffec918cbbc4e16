"""Event delivery: what is published, to which targets, and where failed deliveries go."""

import json
import re

import pytest

from likeness.adapters.dynamodb import keys
from likeness.events import SOURCE
from tests.builders import JOB
from tests.infra.documents import read
from tests.infra.stacks import properties

EVENTS = read("infra/events.yaml")
RESOURCES = EVENTS["Resources"]
RULES = ["ToWebhook", "ToWebhookAgain"]
DAY = 24 * 3600


@pytest.fixture
def mapping(template):
    return template["Resources"]["JobChanges"]["Properties"]


def test_the_function_sees_items_of_jobs_and_no_user(mapping):
    (pattern,) = (json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"])
    seen = pattern["dynamodb"]["Keys"]
    job = keys.job(JOB)

    assert job["pk"].startswith(seen["pk"]["S"][0]["prefix"])
    assert seen["sk"]["S"] == [job["sk"]]
    assert pattern["eventName"] == ["INSERT", "MODIFY"], "a job that is gone tells nothing"


def test_the_stream_has_what_a_change_is_read_from(storage):
    stream = storage["Resources"]["Table"]["Properties"]["StreamSpecification"]

    assert stream == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_no_change_is_passed_over(mapping):
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert "MaximumRetryAttempts" not in mapping, "an outage lasts as long as it lasts"
    assert mapping["MaximumRecordAgeInSeconds"] < DAY, "the stream must still have it then"


def test_the_announcing_function_reads_the_stream_and_not_the_table():
    (policy,) = properties("AnnounceChangesFunction")["Policies"]
    actions = {action: one["Resource"] for one in policy["Statement"] for action in one["Action"]}

    assert all("/stream/" in where for what, where in actions.items() if "dynamodb:" in what)
    assert not {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"} & actions.keys()


@pytest.mark.parametrize("rule", RULES)
def test_a_webhook_is_tried_for_a_day_and_then_waits_to_be_replayed(rule):
    (target,) = RESOURCES[rule]["Properties"]["Targets"]

    assert target["RetryPolicy"] == {
        "MaximumRetryAttempts": {"Ref": "WebhookRetries"},
        "MaximumEventAgeInSeconds": DAY,
    }
    assert EVENTS["Parameters"]["WebhookRetries"]["Default"] == 185
    assert target["DeadLetterConfig"] == {"Arn": {"GetAtt": "WebhookQueue.Arn"}}
    assert RESOURCES["WebhookQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * DAY


def test_a_replay_is_told_as_the_first_time_and_to_the_webhook_alone():
    first, again = (RESOURCES[rule]["Properties"] for rule in RULES)

    assert again["Targets"] == first["Targets"]
    assert first["EventBusName"] == {"Ref": "Bus"}
    assert again["EventBusName"] == {"Ref": "Replays"}
    on_replays = [
        name
        for name, one in RESOURCES.items()
        if one["Type"] == "AWS::Events::Rule"
        and one["Properties"]["EventBusName"] == {"Ref": "Replays"}
    ]
    assert on_replays == ["ToWebhookAgain"]


@pytest.mark.parametrize("rule", RULES)
def test_the_webhook_hears_what_is_announced(rule):
    assert RESOURCES[rule]["Properties"]["EventPattern"] == {"source": [SOURCE]}


def test_without_an_address_there_is_no_webhook():
    called = {"AWS::Events::Connection", "AWS::Events::ApiDestination", "AWS::Events::Rule"}
    for name, one in RESOURCES.items():
        if one["Type"] in called:
            assert one["Condition"] == "HasWebhook", name


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("", True),
        ("https://app.example/likeness", True),
        ("http://127.0.0.1:4860/events", True),
        ("http://app.example/likeness", False),
        ("http://127.0.0.1.evil.example:80/", False),
        ("app.example", False),
    ],
)
def test_an_address_is_https_or_on_this_machine(address, good):
    pattern = EVENTS["Parameters"]["WebhookUrl"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, address)) is good


def test_the_secret_is_in_no_output_and_no_environment(template):
    for parameters in (template["Parameters"], EVENTS["Parameters"]):
        assert parameters["WebhookSecret"]["NoEcho"] is True
    assert "WebhookSecret" not in json.dumps([template["Outputs"], EVENTS["Outputs"]])
    for function in template["Resources"].values():
        assert "WebhookSecret" not in json.dumps(function.get("Properties", {}).get("Environment"))


def test_a_webhook_without_a_secret_is_refused(template):
    rule = template["Rules"]["WebhookHasSecret"]

    assert rule["RuleCondition"] == {"Not": [{"Equals": [{"Ref": "WebhookUrl"}, ""]}]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Not": [{"Equals": [{"Ref": "WebhookSecret"}, ""]}]}
