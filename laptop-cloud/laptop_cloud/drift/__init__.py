"""The drift check: finds properties of the template that the cloud dropped or changed."""
