"""Studies: a frozen Config, run(config) -> Result with what it was made with, and a stored one."""
