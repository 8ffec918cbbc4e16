"""Functions that decode uploads have the memory and the time that the decoder may take."""

import pytest

from likeness.domain.photos.picture import LIMITS, MIB
from likeness.services.provenance import verify_picture
from tests.infra.stacks import properties

FUNCTION_MB = 512  # the function itself, in VerifyPicture with the model that reads watermarks
API_SECONDS = 20  # Timeout of the API's functions, in Globals


@pytest.mark.parametrize(
    ("function", "limits", "timeout"),
    [
        ("InspectPhotoFunction", LIMITS, None),
        ("MatchAppealFunction", LIMITS, None),
        ("VerifyPictureFunction", verify_picture.LIMITS, API_SECONDS),
    ],
)
def test_a_decoder_ends_before_its_function_does(function, limits, timeout):
    found = properties(function)

    assert limits.decode_bytes / MIB + FUNCTION_MB <= found["MemorySize"]
    assert limits.decode_seconds < limits.decode_within < (timeout or found["Timeout"])
