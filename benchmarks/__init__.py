"""Measured comparisons. Each module with a `main` is a benchmark: `python -m benchmarks.NAME [--quick] --json`."""
