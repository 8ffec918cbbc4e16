"""Styles that stay photographs: glamour and cosmic."""
