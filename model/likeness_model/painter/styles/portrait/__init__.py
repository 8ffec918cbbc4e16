"""Photographic styles: glamour and cosmic."""
