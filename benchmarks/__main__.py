"""Run every benchmark: each file in this folder that has a ``main``."""

from importlib import import_module
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
    benchmark = import_module(f"benchmarks.{path.stem}")
    if hasattr(benchmark, "main"):
        benchmark.main()
