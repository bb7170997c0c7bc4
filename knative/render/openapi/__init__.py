"""OpenAPI 3.1, from the signatures of the functions."""
