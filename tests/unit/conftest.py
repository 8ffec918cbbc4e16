"""Unit tests talk to nobody: a socket is an error."""

import pytest
from pytest_socket import disable_socket

from tests.world import World


def pytest_runtest_setup() -> None:
    """Undone after each test by the plugin itself."""
    disable_socket()


@pytest.fixture
def world() -> World:
    return World()
