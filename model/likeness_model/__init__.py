"""The engines that draw avatars of one person from a few photos of that person."""

__version__ = "0.1.0"
