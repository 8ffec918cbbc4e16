"""Rekognition's errors: an error type and a sentence."""

ERROR_STATUS = 400


class Refused(Exception):
    """A call that is refused; `code` is the error type that boto3 shows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid_parameters(why: str) -> Refused:
    return Refused("InvalidParameterException", f"Request has invalid parameters: {why}")


def not_valid(value: object, member: str, rule: str) -> Refused:
    """AWS's message for a request that does not fit the model of the API."""
    shown = "null" if value is None else f"'{value}'"
    return Refused(
        "ValidationException",
        f"1 validation error detected: Value {shown} at '{member}' failed to satisfy constraint: "
        f"Member must {rule}",
    )
