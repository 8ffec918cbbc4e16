"""Unit tests talk to nobody: a socket is an error."""

from pytest_socket import disable_socket


def pytest_runtest_setup() -> None:
    """Undone after each test by the plugin itself."""
    disable_socket()
