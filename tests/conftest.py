"""Fixtures that several folders of tests share."""

import os
import signal

from hypothesis import HealthCheck, settings

from tests.support.postgresql import postgresql_url, server

__all__ = ["postgresql_url", "server"]

# What is started in the background by a shell ignores interrupts, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine that has much else to do is slow, which is no failure. Examples follow from the test, so that the
# same code passes or fails whenever it is tested; whoever asks for more (`make property`) gets new ones.
settings.register_profile(
    "plimsoll",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="PLIMSOLL_EXAMPLES" not in os.environ,
)
settings.load_profile("plimsoll")
