"""Counters and histograms for Prometheus, in a registry of the service's own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)


class Metrics:
    """What monitoring reads."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "plimsoll_requests", "Requests answered.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "plimsoll_request_seconds", "Time to the end of an answer.", ["route"],
            buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.statements = Counter(
            "plimsoll_statements", "Statements by outcome.", ["outcome"], registry=self.registry
        )
        self.waiting = Gauge(
            "plimsoll_statements_waiting", "Statements that wait for the sequencer.", registry=self.registry
        )
        self.active = Gauge(
            "plimsoll_submissions_active", "Submissions that are under way.", registry=self.registry
        )
        self.log_size = Gauge(
            "plimsoll_log_size", "Entries that this service has seen in the log.", registry=self.registry
        )
        self.published_size = Gauge(
            "plimsoll_published_size", "Entries of the published checkpoint.", registry=self.registry
        )
        self.published_at = Gauge(
            "plimsoll_published_timestamp_seconds", "When the last publication succeeded.",
            registry=self.registry,
        )  # fmt: skip
        self.publish_failures = Counter(
            "plimsoll_publish_failures", "Attempts to publish that failed.", registry=self.registry
        )

    def render(self) -> bytes:
        """Return them as text."""
        return generate_latest(self.registry)
