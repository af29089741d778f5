"""Fixtures that several folders of tests share."""

import signal

from tests.support.postgresql import postgresql_url, server

__all__ = ["postgresql_url", "server"]

# What is started in the background by a shell ignores interrupts, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
