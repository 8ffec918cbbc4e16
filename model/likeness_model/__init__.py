"""The engines that turn a few photos of one person into avatars of that person."""

__version__ = "0.1.0"
