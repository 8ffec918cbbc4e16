"""Small vision models on the CPU: functions on RGB images, (height, width, 3) uint8."""
