"""Presenters: pure functions from domain records to the messages of the API."""
