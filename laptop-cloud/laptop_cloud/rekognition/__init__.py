"""The laptop's Rekognition: four operations on the wire, answered by models that really look."""
