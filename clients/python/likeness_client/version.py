"""The version of this package: that of the API."""

VERSION = "0.1.0"
