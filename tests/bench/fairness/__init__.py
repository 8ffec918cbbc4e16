"""How the product treats people, by group: `make fairness`."""
