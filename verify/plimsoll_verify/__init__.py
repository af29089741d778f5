"""The auditor: read, check, replay, judge, report. Imports nothing of the writer's."""

__version__ = "0.1.0"
