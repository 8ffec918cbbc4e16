"""Settings from the template: a mistake is named in the error."""

from datetime import timedelta

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
    settings = Settings.read(GIVEN | {"LIKENESS_CONSENT_VERSIONS": "2026-11, 2027-01"})

    assert settings.consents == {"2026-11", "2027-01"}


@pytest.mark.parametrize("name", ["LIKENESS_TABLE", "LIKENESS_PHOTOS_BUCKET"])
def test_a_missing_variable_is_named(name):
    with pytest.raises(ValidationError, match=name.removeprefix("LIKENESS_").lower()):
        Settings.read({key: value for key, value in GIVEN.items() if key != name})


def test_an_unknown_variable_is_named():
    with pytest.raises(ValidationError, match="tabel"):
        Settings.read(GIVEN | {"LIKENESS_TABEL": "t"})
