"""Neon styles: cyberpunk and vaporwave."""
