"""The first deployment of a stack, step by step: make rehearse. docs/deploying.md says when."""
