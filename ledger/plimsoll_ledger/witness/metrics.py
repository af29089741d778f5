"""Counters of a witness for Prometheus, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What monitoring reads."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "plimsoll_witness_requests", "Requests for a cosignature that were answered.", ["status"],
            registry=self.registry,
        )  # fmt: skip
        self.limited = Counter(
            "plimsoll_witness_limited", "Requests that were refused, as their client had asked too often.",
            registry=self.registry,
        )  # fmt: skip
        self.addresses = Gauge(
            "plimsoll_witness_addresses", "Addresses whose bucket is not full.", registry=self.registry
        )

    def render(self) -> bytes:
        """Return them as text."""
        return generate_latest(self.registry)
