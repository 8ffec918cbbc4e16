"""Drawing techniques that several styles share; each works on plain arrays."""
