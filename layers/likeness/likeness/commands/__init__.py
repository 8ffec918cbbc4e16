"""Commands for operators, run with their own credentials. Not deployed as functions."""
