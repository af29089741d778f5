"""Fixtures that several folders of tests share."""

import signal

from hypothesis import HealthCheck, settings

from tests.support.postgresql import postgresql_url, server

__all__ = ["postgresql_url", "server"]

# What is started in the background by a shell ignores interrupts, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine that has much else to do is slow, which is no failure.
settings.register_profile("plimsoll", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plimsoll")
