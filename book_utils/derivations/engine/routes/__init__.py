"""The prover's routes, one file for each kind of mathematics."""
