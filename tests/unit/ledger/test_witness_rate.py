"""How often one client may ask a witness, and who a client is."""

import http.client
import random
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.unit.ledger.witnesskit import Log, Served, new_witness, served

from plimsoll_ledger.witness.rate import Proxies, Rate, RateLimit, bucket_of

LOG = Log()


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_a_steady_trickle() -> None:
    clock = Clock()
    limit = RateLimit(Rate(per_minute=60, burst=3), monotonic=clock)
    assert [limit.take("a") for _ in range(5)] == [0, 0, 0, 1, 1]
    assert limit.take("b") == 0  # Another's bucket.
    clock.now += 1
    assert [limit.take("a") for _ in range(2)] == [0, 1]
    clock.now += 3600
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 1]


def test_what_is_told_to_wait_is_served_after_it() -> None:
    clock = Clock()
    limit = RateLimit(Rate(per_minute=2, burst=1), monotonic=clock)
    assert limit.take("a") == 0
    clock.now += 0.5
    wait_s = limit.take("a")
    assert wait_s == 30
    clock.now += wait_s
    assert limit.take("a") == 0


@pytest.mark.parametrize("rate", [Rate(7, 1), Rate(600, 60), Rate(1_000_000, 3), Rate(3, 1000)], ids=str)
def test_no_client_gets_more_than_its_share(rate: Rate) -> None:
    clock, dice = Clock(), random.Random(5)
    limit = RateLimit(rate, monotonic=clock)
    start, allowed = clock.now, 0
    for _ in range(3000):
        clock.now += dice.choice((0, 0.001, 60 / rate.per_minute, 61 / rate.per_minute))
        allowed += limit.take("a") == 0
        assert allowed <= rate.burst + (clock.now - start) * rate.per_minute / 60 + 1e-6
    assert allowed >= min(3000, rate.burst)


def test_memory_is_bounded_and_full_buckets_are_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(Rate(60, 10), max_addresses=100, monotonic=clock)
    for number in range(1000):
        assert limit.take(f"10.0.{number // 250}.{number % 250}") == 0
        assert limit.addresses <= 100
    clock.now += 2
    limit.take("a")
    assert limit.addresses == 1


def test_addresses_of_one_customer_are_one() -> None:
    assert bucket_of("192.0.2.7") == "192.0.2.7"
    assert bucket_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert bucket_of("2001:db8::1") == bucket_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert bucket_of("2001:db8:0:1::1") != bucket_of("2001:db8::1")
    assert bucket_of("testclient") == "testclient"


PROXIES = Proxies([ip_network("10.0.0.0/8"), ip_network("192.0.2.1/32")])


@pytest.mark.parametrize(
    ("peer", "values", "client"),
    [
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),  # No proxy of ours: whatever it says of itself.
        ("unix", ["203.0.113.9"], "unix"),
        ("10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),  # The client wrote the first.
        ("10.1.2.3", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", ["203.0.113.9, 192.0.2.1"], "203.0.113.9"),  # Two proxies, one behind the other.
        ("10.1.2.3", ["203.0.113.9, nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["nonsense, 10.9.9.9"], "10.9.9.9"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["2001:db8::5"], "2001:db8::/64"),
    ],
    ids=range(11),
)
def test_who_the_client_is(peer: str, values: list[str], client: str) -> None:
    assert PROXIES.client(peer, values) == client


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Served]:
    witness, _ = new_witness(tmp_path / "state.sqlite3", LOG)
    clock = Clock()
    limit = RateLimit(Rate(per_minute=1, burst=3), monotonic=clock)
    with served(witness, limit=limit, proxies=Proxies([ip_network("127.0.0.2")])) as found:
        yield found
    witness.state.close()


def ask(
    there: Served,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    source: str = "127.0.0.1",
    by: str = "",
) -> tuple[int, str | None, str]:
    connection = http.client.HTTPConnection("127.0.0.1", there.port, timeout=60, source_address=(source, 0))
    try:
        connection.request(method, path, body, {"X-Forwarded-For": by} if by else {})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("retry-after"), answer.read().decode()
    finally:
        connection.close()


def test_a_client_that_floods_waits_and_another_is_served(limited: Served) -> None:
    assert ask(limited, "POST", "/add-checkpoint", LOG.request(0, 40))[0] == 200
    for _ in range(2):
        assert ask(limited, "POST", "/add-checkpoint", b"nonsense")[0] == 400
    # No new bucket by what it says of itself.
    for by in ("", "203.0.113.9"):
        status, wait, said = ask(limited, "POST", "/add-checkpoint", LOG.request(40, 60), by=by)
        assert (status, wait, said) == (429, "60", "this client asks too often\n")
    assert ask(limited, "GET", "/0/checkpoint")[0] == 429
    assert len(limited.told) == 3
    assert ask(limited, "POST", "/add-checkpoint", LOG.request(40, 60), source="127.0.0.3")[0] == 200


def test_a_proxy_says_who_asks_and_counts_are_told(limited: Served) -> None:
    for number in range(4):
        status = ask(limited, "GET", "/0/checkpoint", source="127.0.0.2", by="203.0.113.9")[0]
        assert status == (404 if number < 3 else 429)
    status, _, text = ask(limited, "GET", "/metrics", source="127.0.0.2", by="203.0.113.10")
    assert status == 200
    assert "plimsoll_witness_limited_total 1.0\n" in text
    assert "plimsoll_witness_addresses 2.0\n" in text
    ask(limited, "POST", "/add-checkpoint", LOG.request(0, 40), source="127.0.0.3")
    text = ask(limited, "GET", "/metrics", source="127.0.0.3")[2]
    assert 'plimsoll_witness_requests_total{status="200"} 1.0\n' in text


def test_without_a_limit_nobody_waits(tmp_path: Path) -> None:
    witness, _ = new_witness(tmp_path / "state.sqlite3", LOG)
    with served(witness) as there:
        assert [ask(there, "GET", "/0/checkpoint")[0] for _ in range(80)] == [404] * 80
        assert "plimsoll_witness_addresses 0.0\n" in ask(there, "GET", "/metrics")[2]
    witness.state.close()
