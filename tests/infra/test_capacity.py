"""The capacity model: counted calls, prices and limits, and the document made of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.capacity import __main__ as command, calls as counted, counting, model, prices, report
from infra.capacity.calls import BACKENDS, Calls, Counts, Tally
from infra.capacity.model import FULL, Load
from laptop_cloud.calls import Call
from laptop_cloud.identities import OPS_ROLE
from tests.infra.documents import ROOT, read

MILLION = Load(1_000_000)


def calls() -> Calls:
    return counted.read(MILLION.backend)


def test_the_document_has_the_tables_of_the_model() -> None:
    """If this fails: make capacity WRITE=1."""
    text = command.DOCUMENT.read_text()

    assert report.fill(text) == text


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_counted_call_has_a_price_or_a_reason_why_it_is_free(backend: str) -> None:
    assert list(model.unpriced(counted.read(backend))) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_counted_function_is_in_a_template(backend: str) -> None:
    functions = {
        name.removesuffix("Function")
        for file in (ROOT / "infra").glob("*.yaml")
        if "Resources" in (template := read(f"infra/{file.name}"))
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    invoked = {
        name
        for one in counted.read(backend).per.values()
        for name, call in one.calls
        if call == counted.INVOKE
    }

    assert invoked <= functions
    assert {"InspectPhoto", "ModerateAvatars", "PublishAvatars", "GetJob"} <= invoked


def test_twice_the_jobs_need_twice_of_everything() -> None:
    one = {use.limit.name: use.load for use in model.uses(MILLION, calls())}
    two = {use.limit.name: use.load for use in model.uses(Load(2_000_000), calls())}

    assert two == pytest.approx({name: 2 * load for name, load in one.items()}, rel=1e-3)


def test_the_limits_are_in_the_order_in_which_they_are_reached() -> None:
    shares = [use.share for use in model.uses(MILLION, calls())]

    assert shares == sorted(shares, reverse=True)


def test_what_is_asked_for_suffices_and_nothing_is_asked_for_in_vain() -> None:
    for use in model.uses(MILLION, calls()):
        if use.ask:
            assert use.load / use.ask <= FULL < use.share
        else:
            assert use.share <= FULL


def test_no_limit_is_above_the_mark_within_a_cell() -> None:
    found = model.uses(MILLION, calls())
    cells = model.cells(found, raised=False)

    within = model.uses(Load(MILLION.jobs_per_day / cells), calls())

    assert cells > 1
    # one instance is the least that there is
    assert max(use.share for use in within if use.limit.counts != ("<instances>",)) <= FULL
    assert model.cells(found, raised=True) <= cells


def test_a_job_costs_less_of_rekognition_at_a_higher_load() -> None:
    costs = [model.cost(Load(n), calls()).usd["Rekognition"] for n in report.LOADS]

    assert costs == sorted(costs, reverse=True)
    assert costs[0] > costs[-1]


def test_the_tiers_of_rekognition_count_a_group_together() -> None:
    images = {"DetectFaces": 600_000, "DetectModerationLabels": 600_000}

    assert prices.rekognition_month(images) == pytest.approx(1_000_000 * 0.001 + 200_000 * 0.0008)
    assert prices.rekognition_month({"DetectFaces": 10**9}, bound=True) == pytest.approx(
        1_000 + 3_200 + 18_000 + (10**9 - 35_000_000) * 0.0006
    )


def test_a_job_of_the_goal_costs_what_its_parts_cost() -> None:
    cost = model.cost(MILLION, calls())
    of_job = calls().of(job=1, photo=5, avatar=30)
    hour = prices.instance_hour("ml.g6e.xlarge") or 0

    assert cost.total == pytest.approx(sum(cost.usd.values()))
    assert cost.upper_usd >= cost.total
    assert cost.usd["instances"] == pytest.approx(
        6853 / (362 * 0.35) / 3600 * hour / MILLION.fleet_use
    )
    images = sum(n for (_, call), n in of_job.calls.items() if call.startswith("rekognition:"))
    assert images == 5 + 3 * 5 + 4 + 30  # inspected, moderated, compared; the avatars


def test_a_price_that_was_not_read_says_so_in_the_document() -> None:
    text = command.DOCUMENT.read_text()

    for limit in prices.limits():
        if not limit.read and f"| {limit.name} |" in text:
            assert f"| {limit.name} | {limit.value:,.0f}{'/s' * limit.each_second}?" in text


def test_every_source_is_explained() -> None:
    document = prices.document()
    named = {one["source"] for one in (*document["prices"].values(), *document["limits"])}
    named |= {one["source"] for one in document["instance_hour"].values()}
    named |= {one["source"] for one in document["engines"].values()}

    assert named <= set(document["sources"])
    assert document["read_on"]


def test_limits_of_ours_are_those_of_the_template() -> None:
    parameters = read("template.yaml")["Parameters"]
    ours = {limit.ours: limit.value for limit in prices.limits() if limit.ours}

    assert ours == {name: parameters[name]["Default"] for name in ("ApiRate", "WebhookRate")}


def job(photos: int, avatars: int) -> Counts:
    """Three calls of a job, two of each photo, one of each avatar, and what they write."""
    key = ("Step", "s3:PutObject")
    n = 3 + 2 * photos + avatars
    return Counts(Tally({key: n}), Tally(), Tally({key: 2 * n}))


def test_calls_are_divided_among_job_photo_and_avatar() -> None:
    sized = [counting.Sized(p, a, job(p, a)) for p, a in counting.SIZES]

    per = counting.divide(sized)

    key = ("Step", "s3:PutObject")
    assert {unit: one.calls[key] for unit, one in per.items()} == {
        "job": 3,
        "photo": 2,
        "avatar": 1,
    }
    again = Calls(per, {}, {"job": 0, "avatar": 0}).of(job=1, photo=7, avatar=11)
    assert again.calls == job(7, 11).calls
    assert again.write == job(7, 11).write


def test_what_ops_ask_about_a_job_is_not_counted() -> None:
    named = ("j" + "0" * 32,)
    polls = [Call("states:DescribeExecution", OPS_ROLE, 200, names=named)] * 3
    own = Call("s3:PutObject", "role-1", 200, names=named)

    (found,) = counting.of_jobs([*polls, own], {"role-1": "Step"}).values()

    assert [one.caller for one in found] == ["Step"]


def invocation(name: str, trace: str, *called: str, route: str = "") -> list[Call]:
    """An invocation for a job, after what it called."""
    named = ("j" + "0" * 32,)
    calls = [Call(one, name, 200, trace=trace) for one in called]
    return [*calls, Call("lambda:Invoke", name, 200, trace=trace, names=named, route=route)]


@pytest.mark.parametrize(
    ("name", "works_by"),
    [("InspectPhoto", "rekognition:DetectFaces"), ("SubmitJob", "states:StartExecution")],
)
def test_an_invocation_that_finds_nothing_to_do_is_not_counted(name: str, works_by: str) -> None:
    too_early = invocation(name, "1", "dynamodb:GetItem")
    worked = invocation(name, "2", "dynamodb:GetItem", works_by)

    (found,) = counting.of_jobs([*too_early, *worked], {}).values()

    assert [one.trace for one in found] == ["2", "2", "2"]


def test_a_poll_that_looks_for_lost_uploads_is_not_counted() -> None:
    asked = "dynamodb:GetItem"
    polls = [invocation("GetJob", str(n), asked, route=counting.POLL) for n in range(3)]
    looks = invocation("GetJob", "4", asked, counting.LOOK, "s3:ListBucket", route=counting.POLL)

    most = counting._poll([*looks, *(call for poll in polls for call in poll)])

    assert most.calls == {
        ("GetJob", asked): 1,
        ("GetJob", "lambda:Invoke"): 1,
        ("GetJob", "execute-api:Request"): 1,
    }


def test_a_count_that_changed_is_named() -> None:
    golden = calls()
    key = ("PublishAvatars", "s3:PutObject")
    other = {**golden.per, "avatar": Counts(Tally(golden.per["avatar"].calls))}
    other["avatar"].calls[key] += 1

    (line,) = counted.differences(golden, replace(golden, per=other), frozenset(counting.VARIES))

    assert line.startswith("PublishAvatars s3:PutObject: 4 for each avatar")


def test_units_may_differ_by_one_but_not_by_half() -> None:
    golden, key = calls(), ("CreateJob", "dynamodb:TransactWriteItems")
    write = golden.per["job"].write[key]
    for more, said in ((1, 0), (0.5 * write + 1, 1)):
        changed = Counts(
            golden.per["job"].calls,
            golden.per["job"].read,
            Tally(
                {
                    **golden.per["job"].write,
                    key: write + more,
                }
            ),
        )
        other = replace(golden, per={**golden.per, "job": changed})
        assert len(list(counted.differences(golden, other, frozenset()))) == said
