"""Small vision models on the CPU: plain functions on RGB images, (height, width, 3) uint8."""
