"""How often one client may ask: a token bucket for each address, in bounded memory; and who the client is.

A bucket holds `burst` requests and fills at `per_minute`. What is kept of one is a single number, the time at
which it is full again; a full one is not kept. If there are too many addresses, the one that was seen longest
ago is forgotten, which gives it a full bucket: a flood from many addresses locks nobody else out, and is
what the limit of connections at once is for.

An address is an IPv4 address or an IPv6 /64, the smallest part that is one customer's. Behind a reverse
proxy all clients have the proxy's address. Only a proxy that the operator names may say otherwise, in the
header that the operator names: anybody else could give themselves a new address with each request.

Source: SPEC 2.6.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

MAX_ADDRESSES = 65_536
"""How many addresses are remembered, at some 200 bytes each."""

_CUSTOMER_BITS = 64

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Rate:
    """How often each address may ask.

    Attributes:
        per_minute: Requests a minute, in the long run; above 0.
        burst: Requests at once; above 0.
    """

    per_minute: int
    burst: int


class RateLimit:
    """Buckets by address. Used from one thread: the event loop's."""

    def __init__(
        self,
        rate: Rate,
        *,
        max_addresses: int = MAX_ADDRESSES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with full buckets.

        Args:
            rate: How often.
            max_addresses: How many addresses are remembered.
            monotonic: A clock that never goes back, in seconds.
        """
        self._every_s = 60.0 / rate.per_minute
        self._depth_s = self._every_s * rate.burst
        self._max = max_addresses
        self._monotonic = monotonic
        self._full_at: OrderedDict[str, float] = OrderedDict()

    @property
    def addresses(self) -> int:
        """How many addresses are remembered now."""
        return len(self._full_at)

    def take(self, address: str) -> int:
        """Take one request out of a bucket.

        Returns:
            0 if it was there; else in how many whole seconds one will be. A refused request costs nothing.
        """
        now = self._monotonic()
        full_at = max(self._full_at.pop(address, now), now) + self._every_s
        over_s = full_at - now - self._depth_s
        refused = over_s > 1e-9 * self._depth_s  # Sums of fractions: the last one of a burst is one of it.
        self._full_at[address] = full_at - self._every_s if refused else full_at
        self._forget(now)
        return max(1, math.ceil(over_s)) if refused else 0

    def _forget(self, now: float) -> None:
        """Drop full buckets that were seen longest ago, and others where there are too many."""
        while self._full_at:
            oldest = next(iter(self._full_at))
            if len(self._full_at) <= self._max and self._full_at[oldest] > now:
                return
            del self._full_at[oldest]


@dataclass(frozen=True, slots=True)
class Proxies:
    """Who may say on whose behalf it asks.

    Attributes:
        networks: Where the operator's proxies are.
        header: Which header they set, in lower case, such as `x-forwarded-for`; a list, the nearest last.
    """

    networks: Sequence[Network] = ()
    header: str = "x-forwarded-for"

    def trusts(self, address: str) -> bool:
        """Say whether an address is one of a proxy."""
        try:
            found = _parse(address)
        except ValueError:
            return False
        return any(found in network for network in self.networks)

    def client(self, peer: str, values: Sequence[str]) -> str:
        """Return the client's address as buckets go by it.

        Args:
            peer: Who is at the other end of the connection.
            values: Each value of the header, in order.

        Of a list the last address counts that is no proxy's: what stands before it the client wrote. What is
        no address ends the search at the proxy that handed it on.
        """
        if not self.trusts(peer):
            return bucket_of(peer)
        nearest = peer
        for item in reversed(",".join(values).split(",")):
            try:
                nearest = str(_parse(item.strip()))
            except ValueError:
                break
            if not self.trusts(nearest):
                break
        return bucket_of(nearest)


def bucket_of(address: str) -> str:
    """Return what the buckets call an address: itself, or its /64; other text as it is."""
    try:
        found = _parse(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _CUSTOMER_BITS), strict=False))
    return str(found)


def _parse(text: str) -> IPv4Address | IPv6Address:
    found = ip_address(text)
    return getattr(found, "ipv4_mapped", None) or found
