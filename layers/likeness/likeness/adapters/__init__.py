"""Adapters: the ports on AWS. Clients and tables are arguments: nothing reads the environment."""
