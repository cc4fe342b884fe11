"""Commands of the repository: what `make` calls."""
