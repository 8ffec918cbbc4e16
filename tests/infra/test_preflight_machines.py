"""`make preflight` refuses a state machine that Step Functions refuses or that fails later."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from infra.preflight import machines

END = {"Type": "Succeed"}


def call(path: str = "$.job_id", resource: str = "lambda:invoke", **more: Any) -> dict[str, Any]:
    """A task that gives a function this value, and ends the execution unless it has a Next."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": {"FunctionName": "f", "Payload": {"id.$": path}},
        **({} if "Next" in more else {"End": True}),
        **more,
    }


def choice(target: str, **rule: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{**rule, "Next": target}], "Default": "End"}


def found(given: dict[str, Any] | None = None, /, **states: Any) -> list[str]:
    """What is wrong with a machine that begins at Work. Every execution's input has a job_id."""
    text = yaml.safe_dump({"StartAt": "Work", "States": states})
    file = "infra/pipeline.asl.yaml"
    return [one.what for one in machines.machine(file, text, given or {})]


def test_a_machine_without_a_fault_is_accepted():
    failed = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Fail"}
    assert not found(
        Work=call(ResultPath="$.done", Catch=[failed], Next="Use"),
        Use=call("$.done.Payload.name", Next="End"),  # any field of a function's own result
        Fail=call("$.failure.Error"),
        End=END,
    )


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (call(Next="Gone"), "leads to Gone, which does not exist"),
        (call("$.other"), "$.other does not exist on every way that leads here"),
        (call(Parameters={"FunctionName": "f", "Payloads": {}}), "lambda:invoke takes no Payloads"),
        (call(resource="sqs:sendMessage"), "sqs:sendMessage: add the fields"),
        (call(resource="lambda:invoke.waitForTaskToken"), "only a task that waits for its token"),
        (call("$$.Task.Token"), "only a task that waits for its token"),
        (call("States.Uuid()"), "there is no intrinsic function States.Uuid"),
        (call("job_id"), "job_id is neither a path nor an intrinsic function"),
        (call("$$.Job.Name"), "the context object has no Job.Name"),
        (call("States.Array(" * 11 + ")" * 11), "intrinsic functions are nested 11 deep"),
        (call(Retry=[{"ErrorEquals": ["States.ALL", "A"]}]), "States.ALL stands alone, in the las"),
        (
            call(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]),
            "States.ALL stands alone, in the last Retry",
        ),
        (call(OutputPath="$.a"), "uses a type or field that this check does not follow"),
        ({"Type": "Parallel", "End": True}, "uses a type or field that this check does not follow"),
    ],
)
def test_a_state_with_a_fault_is_found(state, message):
    (problem,) = found(Work=state)
    assert problem.startswith(message)


def test_a_name_over_80_characters_is_found():
    (problem,) = found(Work=call(Next="W" * 81), **{"W" * 81: END})
    assert problem == "the name has more than 80 characters"


def test_a_state_that_is_never_reached_is_found():
    (problem,) = found(Work=call(), Left=END)
    assert problem.startswith("no state leads here")


def test_a_field_that_a_selector_left_out_is_found():
    (problem,) = found(
        Work=call(ResultSelector={"a.$": "$.Payload"}, ResultPath="$.r", Next="Use"),
        Use=choice("End", Variable="$.r.b", BooleanEquals=True),
        End=END,
    )
    assert problem.startswith("$.r.b does not exist")


def test_a_result_that_only_one_way_sets_is_found():
    states = {
        "Work": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.job_id", "StringEquals": "j", "Next": "Set"}],
            "Default": "Use",
        },
        "Set": {"Type": "Pass", "Result": 1, "ResultPath": "$.n", "Next": "Use"},
        "Use": choice("End", Variable="$.n", NumericEquals=1),
        "End": END,
    }
    (problem,) = found(**states)
    assert problem.startswith("$.n does not exist on every way")


def test_a_choice_may_test_if_a_path_exists():
    test = choice("Use", Variable="$.failure.Error", IsPresent=True)
    assert not found(Work=test, Use=call("$.failure.Error"), End=END)


@pytest.mark.parametrize(("given", "used"), [({}, "${Name}"), ({"Name": "f", "Other": "o"}, "f")])
def test_a_substitution_without_value_or_use_is_found(given, used):
    parameters = {"FunctionName": used if given else "${Name}"}
    (problem, *_) = found(given, Work=call(Parameters=parameters))
    assert "is used without a value, or has a value without a use" in problem


def test_a_definition_over_a_mebibyte_is_found():
    problems = found(Work=call(Comment="x" * 1_048_576))
    assert problems == ["the definition has more than 1048576 bytes"]


def a_map(label: str = "parts", **states: Any) -> dict[str, Any]:
    processor = {"StartAt": "Work", "States": states}
    return {"Type": "Map", "Label": label, "ItemsPath": "$.job_id", "ItemProcessor": processor}


def test_the_states_of_a_map_are_checked_too():
    inner = call("$.any", ResultSelector={"a.$": "$.Payload"}, Next="Use")
    use = choice("End", Variable="$.b", BooleanEquals=True)
    problems = found(Work=a_map(Work=inner, Use=use, End=END, Lost=END) | {"End": True})
    assert [one.partition(":")[0] for one in problems] == [
        "no state leads here",
        "$.b does not exist on every way that leads here",
    ]


@pytest.mark.parametrize("label", ["", "a b", "a/b", "x" * 41])
def test_a_map_needs_a_label_that_step_functions_accepts(label):
    (problem,) = found(Work=a_map(label, Work=call()) | {"End": True})
    assert problem.startswith("a distributed Map needs a Label")


def test_a_maps_items_must_exist():
    problems = found(Work=a_map(Work=call()) | {"ItemsPath": "$.items", "End": True})
    assert problems == ["$.items does not exist on every way that leads here"]
