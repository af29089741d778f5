"""Fixtures that several folders of tests share."""

from tests.support.postgresql import postgresql_url, server

__all__ = ["postgresql_url", "server"]
