"""Settings from the template: a mistake is named in the error."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from likeness.settings import Settings

GIVEN = {
    "LIKENESS_TABLE": "t",
    "LIKENESS_PHOTOS_BUCKET": "p",
    "LIKENESS_AVATARS_BUCKET": "a",
    "PATH": "/bin",
}


def test_the_variables_of_every_function_are_sufficient():
    settings = Settings.read(GIVEN)

    assert settings.table == "t"
    assert settings.submit_within == timedelta(hours=1)
    assert settings.decide_within == timedelta(hours=12)


def test_consent_versions_are_a_list():
    settings = Settings.read(GIVEN | {"LIKENESS_CONSENT_VERSIONS": "2026-11, 2027-01-15"})

    assert settings.consents == {
        "2026-11": datetime(2026, 11, 1, tzinfo=UTC),
        "2027-01-15": datetime(2027, 1, 15, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    "versions", ["", "v2", "2026-13", "2026-02-30", "2026", "2026-W01", "2026-11,"]
)
def test_a_consent_version_is_a_date(versions):
    settings = Settings.read(GIVEN | {"LIKENESS_CONSENT_VERSIONS": versions})

    with pytest.raises(ValueError, match="version|month|day"):
        settings.consents  # noqa: B018


@pytest.mark.parametrize("name", ["LIKENESS_TABLE", "LIKENESS_PHOTOS_BUCKET"])
def test_a_missing_variable_is_named(name):
    with pytest.raises(ValidationError, match=name.removeprefix("LIKENESS_").lower()):
        Settings.read({key: value for key, value in GIVEN.items() if key != name})


def test_an_unknown_variable_is_named():
    with pytest.raises(ValidationError, match="tabel"):
        Settings.read(GIVEN | {"LIKENESS_TABEL": "t"})
