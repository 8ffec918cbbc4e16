"""What SageMaker answers when it says no.

* Refused  the call is refused: an error type and message on the wire
* Failed   the job was taken and ends as Failed: a FailureReason
"""

FAILURE_REASON_LIMIT = 1024  # characters DescribeTrainingJob carries


class Refused(Exception):
    """A call that is refused; `code` is the error type that boto3 shows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Failed(Exception):
    """A job that cannot go on; its text begins with AWS's class, such as `ClientError:`."""

    @property
    def reason(self) -> str:
        return str(self)[:FAILURE_REASON_LIMIT]


def invalid(message: str) -> Refused:
    return Refused("ValidationException", message)
