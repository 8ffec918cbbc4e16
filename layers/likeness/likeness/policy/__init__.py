"""Policy is data: what the product allows, as files that people can read and change."""
