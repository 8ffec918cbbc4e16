"""What AWS would refuse, found offline: `make preflight`."""
