"""Rekognition on a laptop: four operations of its protocol, with the models of a project."""
