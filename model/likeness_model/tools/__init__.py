"""Programs for operators and developers. Nothing that is deployed imports them."""
