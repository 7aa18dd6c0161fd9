"""Authentication: the principal of a request, from API Gateway's claims or from a bearer token."""
