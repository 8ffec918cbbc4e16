"""What a load of jobs needs and costs: make capacity. docs/capacity.md has its results."""
