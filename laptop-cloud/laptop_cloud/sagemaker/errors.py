"""SageMaker's errors.

* Refused  the call fails: an error type and a message
* Failed   the job was accepted and ends as Failed: a FailureReason
"""

FAILURE_REASON_LIMIT = 1024  # characters in DescribeTrainingJob


class Refused(Exception):
    """A call that is refused; `code` is the error type that boto3 shows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Failed(Exception):
    """A job that cannot continue. The text begins with AWS's class, such as `ClientError:`."""

    @property
    def reason(self) -> str:
        return str(self)[:FAILURE_REASON_LIMIT]


def invalid(message: str) -> Refused:
    return Refused("ValidationException", message)
