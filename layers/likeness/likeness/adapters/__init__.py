"""The ports on AWS. Clients and tables are handed in: nothing here reads the environment."""
