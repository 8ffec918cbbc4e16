"""Errors of the client. Branch on the class, never on the message: it is for developers."""

from likeness_client.errors.base import *  # noqa: F403
from likeness_client.errors.kinds import *  # noqa: F403
