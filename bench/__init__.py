"""Benchmarks as code: each prints a ratio against a rival or a physical limit of the same run."""
