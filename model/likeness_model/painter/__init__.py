"""The engine that needs no weights of its own: it paints avatars from photos on the CPU."""
