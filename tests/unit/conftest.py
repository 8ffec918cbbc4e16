"""Unit tests use no network: opening a socket is an error."""

import pytest
from pytest_socket import disable_socket

from tests.world import World


def pytest_runtest_setup() -> None:
    """The plugin itself undoes this after each test."""
    disable_socket()


@pytest.fixture
def world() -> World:
    return World()
