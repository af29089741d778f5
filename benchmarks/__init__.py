"""Measurements, each against a reference timed in the same run."""
