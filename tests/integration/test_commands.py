"""The operators' shell commands, on a table with records."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from likeness.adapters.deletion.receipt_signer import KmsSigner
from likeness.adapters.dynamodb import keys
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.adapters.jobs.operating_state_table import OperatingStateTable
from likeness.adapters.review.audit_table import AuditLogTable
from likeness.adapters.review.reviews_table import ReviewsTable
from likeness.adapters.review.verdicts_table import VerdictsTable
from likeness.commands import (
    check_known_cases,
    policy_table,
    replay_policy,
    switch as switch_command,
    verify_audit,
)
from likeness.domain.jobs.operating_state import Scarce, Shortage, Switches
from likeness.domain.review.audit import CHAINS, AuditAction, AuditEntry, SignedAnchor
from likeness.domain.verdict import Label
from likeness.services.deletion.get_keys import get_keys
from likeness.services.review.anchor_audit import anchor_audit
from likeness.services.review.replay_policy import replay_policy as replay
from tests.builders import (
    JOB,
    a_job,
    a_photo,
    a_policy,
    a_review,
    a_verdict,
    an_avatar,
    seen,
)
from tests.fakes import FakeClock, FakeMetrics
from tests.infra.documents import ROOT
from tests.integration.conftest import REGION

GUIDELINES = ROOT / "layers" / "likeness" / "likeness" / "policy" / "community_guidelines.yaml"


@pytest.fixture
def stored(table, monkeypatch):
    """Two photos and an avatar with verdicts, one photo without, and their review for two days."""
    jobs = JobsTable(table, FakeClock())
    smoking = a_verdict().model_copy(
        update={"evidence": seen(labels=(Label(name="Smoking", confidence=60),))}
    )
    jobs.create(a_job(), [a_photo(1, verdict=a_verdict()), a_photo(2, verdict=smoking), a_photo(3)])
    jobs.save_avatars([an_avatar(1)])
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    ReviewsTable(table).open(a_review(opened_at=two_days_ago), "token")
    for module in (replay_policy, verify_audit):
        monkeypatch.setattr(module, "table", lambda _: table)
    return table


def test_every_stored_verdict_is_found(stored):
    found = [(job, picture) for job, picture, _ in VerdictsTable(stored).all()]

    assert sorted(found) == [(JOB, "a01"), (JOB, "p01"), (JOB, "p02")]
    assert replay(a_policy(), verdicts=VerdictsTable(stored)).verdicts == 3


def run(module, monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["command", *arguments, "--table", "likeness"])
    module.main()


def test_replay_lists_the_jobs_whose_outcome_would_change(stored, monkeypatch, tmp_path, capsys):
    text = GUIDELINES.read_text()
    stricter = tmp_path / "changed.yaml"
    stricter.write_text(
        text.replace("Smoking: {level: 3, review: 70", "Smoking: {level: 3, review: 55")
    )
    assert stricter.read_text() != text

    run(replay_policy, monkeypatch, "--policy", str(stricter))

    output = capsys.readouterr().out
    assert f"{JOB} p02 clean -> doubtful POLICY.DRUGS" in output
    assert "jobs clean -> doubtful: 1" in output
    assert "jobs refused: 0 -> 0 " in output


@pytest.mark.parametrize("content", [None, "labels: {}", "version: ["])
def test_replay_reports_an_invalid_policy(stored, monkeypatch, tmp_path, content):
    file = tmp_path / "changed.yaml"
    if content is not None:
        file.write_text(content)

    with pytest.raises(SystemExit, match="is not a valid policy"):
        run(replay_policy, monkeypatch, "--policy", str(file))


@pytest.fixture
def signer(aws):
    kms = boto3.client("kms", region_name=REGION)
    made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return KmsSigner(kms, [made["KeyMetadata"]["Arn"]])


@pytest.fixture
def anchored(stored, signer, tmp_path):
    """The table with an anchor of yesterday, and the options that verify it."""
    anchor_audit(
        audit_log=AuditLogTable(stored),
        signer=signer,
        metrics=FakeMetrics(),
        clock=FakeClock(datetime.now(UTC) - timedelta(days=1)),
        issuer="likeness/test",
    )
    jwks = tmp_path / "jwks.json"
    jwks.write_text(get_keys(signer=signer).model_dump_json())
    return "--jwks", str(jwks)


def test_an_intact_audit_log_is_exported_and_noted(stored, anchored, monkeypatch, tmp_path, capsys):
    file = tmp_path / "audit.jsonl"
    run(verify_audit, monkeypatch, *anchored, "--export", str(file))
    assert capsys.readouterr().out == "The audit log is intact: 1 entries, 1 anchors.\n"

    entry, anchor, end = map(json.loads, file.read_text().splitlines())
    assert AuditEntry(**entry) in AuditLogTable(stored).entries(entry["chain"])
    assert SignedAnchor(**anchor["anchor"]).content.heads == tuple(AuditLogTable(stored).heads())
    assert len(end["heads"]) == CHAINS

    run(verify_audit, monkeypatch, *anchored, "--noted", str(file))
    assert "is intact" in capsys.readouterr().out


def test_days_without_an_anchor_are_reported(stored, anchored, signer, monkeypatch, capsys):
    audit_log = AuditLogTable(stored)
    last = audit_log.last_anchor()
    late = last.content.model_copy(
        update={"at": last.content.at - timedelta(days=9), "number": 2, "previous": last.hash}
    )
    audit_log.add_anchor(SignedAnchor(number=2, jws=signer.sign(late)))

    run(verify_audit, monkeypatch, *anchored)

    assert "No anchor was written from " in capsys.readouterr().out


def test_a_log_that_lost_all_anchors_is_reported(stored, anchored, monkeypatch, capsys):
    stored.delete_item(Key=keys.anchor(1))

    run(verify_audit, monkeypatch, *anchored)

    assert "No anchor was written from " in capsys.readouterr().out


def test_a_changed_audit_log_makes_the_command_fail(stored, anchored, monkeypatch):
    (head,) = [one for one in AuditLogTable(stored).heads() if one.number]
    stored.update_item(
        Key=keys.audit_entry(head),
        UpdateExpression="SET actor = :other",
        ExpressionAttributeValues={":other": "x"},
    )

    with pytest.raises(SystemExit, match=f"entry 1 of chain {head.chain} was changed"):
        run(verify_audit, monkeypatch, *anchored)


def test_a_deleted_chain_makes_the_command_fail(stored, anchored, monkeypatch):
    (head,) = [one for one in AuditLogTable(stored).heads() if one.number]
    for key in (keys.audit_entry(head), keys.chain_head(head.chain)):
        stored.delete_item(Key=key)

    with pytest.raises(SystemExit, match=f"chain {head.chain} does not have the noted entry 1"):
        run(verify_audit, monkeypatch, *anchored)


def test_an_anchor_of_another_key_makes_the_command_fail(stored, anchored, monkeypatch):
    anchor = AuditLogTable(stored).last_anchor()
    body, _, _ = anchor.jws.rpartition(".")
    stored.put_item(Item={**keys.anchor(1), "number": 1, "jws": f"{body}.{'A' * 86}"})

    with pytest.raises(SystemExit, match="signature of anchor 1 is not valid"):
        run(verify_audit, monkeypatch, *anchored)


def test_the_policy_page_is_printed(capsys):
    policy_table.main()

    assert capsys.readouterr().out == (ROOT / "docs" / "policy.md").read_text()


@pytest.fixture
def switch(table, monkeypatch, capsys):
    """Runs the command and returns what it prints."""
    monkeypatch.setattr(switch_command, "table", lambda _: table)
    monkeypatch.setattr(switch_command, "_caller", lambda: "arn:aws:sts::1:assumed-role/Ops/mia")

    def run_it(*arguments):
        monkeypatch.setattr("sys.argv", ["switch", "--table", "likeness", *arguments])
        switch_command.main()
        return capsys.readouterr().out

    return run_it


def test_switch_shows_that_nothing_is_off(switch):
    assert switch("show") == "new jobs       accepted\n"


def test_switch_stops_new_jobs_and_resumes(switch, table):
    shown = switch("stop", "--why", "INC-7", "--submitted", "end", "--retry-after", "3600")
    assert "new jobs       refused, Retry-After 3600 s; submitted jobs end\n" in shown
    assert shown.rstrip().endswith("by arn:aws:sts::1:assumed-role/Ops/mia: INC-7")

    assert "new jobs       accepted\n" in switch("resume", "--why", "INC-7 is over", "--by", "noa")

    log = AuditLogTable(table)
    written = [entry for chain in range(CHAINS) for entry in log.entries(chain)]
    assert sorted((entry.action, entry.actor) for entry in written) == [
        (AuditAction.SWITCHED, "arn:aws:sts::1:assumed-role/Ops/mia"),
        (AuditAction.SWITCHED, "noa"),
    ]
    assert {entry.details["why"] for entry in written} == {"INC-7", "INC-7 is over"}


def test_switch_sets_each_switch_and_leaves_the_others(switch):
    for change in (
        ("style", "oil", "off"),
        ("style", "comic", "off"),
        ("style", "oil", "on"),
        ("engine", "sdxl-lora", "off"),
        ("engine", "painter", "off", "--submitted", "end"),
        ("engine", "sdxl-lora", "on"),
        ("endpoint", "off"),
        ("avatars", "12"),
        ("brownout", "off"),
    ):
        shown = switch(*change, "--why", "a test")

    assert shown.splitlines()[:-1] == [
        "new jobs       accepted",
        "engine         painter: refused, Retry-After 900 s; submitted jobs end",
        "style          comic: off",
        "endpoint       off: orders go to training jobs",
        "avatars        at most 12 for a new job",
        "brownout       off: shortages limit no job",
    ]
    assert "avatars " not in switch("avatars", "all", "--why", "a test")


def test_switch_shows_a_shortage_that_lasts(switch, table):
    state = OperatingStateTable(table)
    now = datetime.now(UTC)
    state.report(Shortage(of=Scarce.CAPACITY, seen_at=now, waited_s=720))
    state.report(Shortage(of=Scarce.DETECTOR, seen_at=now - timedelta(hours=1), waited_s=720))

    shown = switch("show")

    assert "short of       capacity: a job waited 12 min at " in shown
    assert "detector" not in shown


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["stop"], "--why"),
        (["stop", "--why", " "], "why"),
        (["stop", "--why", "x", "--retry-after", "5"], "greater than or equal to 60"),
        (["stop", "--why", "x", "--submitted", "burn"], "--submitted"),
        (["style", "komic", "off", "--why", "x"], "invalid choice: 'komic'"),
        (["engine", "crayon", "off", "--why", "x"], "invalid choice: 'crayon'"),
        (["avatars", "31", "--why", "x"], "invalid choice: '31'"),
        (["endpoint", "maybe", "--why", "x"], "invalid choice: 'maybe'"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_switch_refuses_what_it_does_not_know(switch, table, capsys, arguments, fault):
    with pytest.raises(SystemExit) as refused:
        switch(*arguments)

    assert fault in f"{refused.value} {capsys.readouterr().err}"
    assert OperatingStateTable(table).switches() == Switches()


def check(monkeypatch, folder):
    monkeypatch.setattr("sys.argv", ["command", str(folder)])
    check_known_cases.main()


def test_a_folder_of_known_cases_is_checked_before_it_is_uploaded(monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"manifest\.json"):
        check(monkeypatch, tmp_path)
    photo = next((ROOT / "demo" / "photos").glob("*.jpg"))
    (tmp_path / "good.jpg").write_bytes(photo.read_bytes())
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    sets = '{"cases": [{"name": "a", "photos": [{"file": "good.jpg"}%s]}]}'
    (tmp_path / "manifest.json").write_text(sets % ', {"file": "bad.jpg"}, {"file": "no.jpg"}')
    with pytest.raises(SystemExit, match=r"bad\.jpg: FILE.*\nno\.jpg: there is no such file"):
        check(monkeypatch, tmp_path)

    (tmp_path / "manifest.json").write_text(sets % "")
    check(monkeypatch, tmp_path)
    assert capsys.readouterr().out == "1 known cases, 1 of them to be approved.\n"
