"""A laptop cloud: SAM applications on one machine, with IAM enforced."""
