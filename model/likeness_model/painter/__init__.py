"""The engine without weights: it paints avatars from photos on the CPU."""
