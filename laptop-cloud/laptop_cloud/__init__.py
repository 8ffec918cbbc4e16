"""The laptop cloud: the real template on one machine, with IAM enforced."""
