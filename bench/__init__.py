"""Benchmarks: how long what people wait for takes, on a clinic of the largest size."""
