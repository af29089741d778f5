"""A served log: durable appends of many clients at once over HTTP, and tiles beside static files.

The clients share the machine with the server; requests are signed and written beforehand.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.postgresql import Unavailable, new_database, run_server

from benchmarks.rounds import Comparison
from benchmarks.served import Client, Server, Signing, request_of, serving

CLIENTS = 64
STATEMENTS = 4096
WANTED_RATE, WANTED_P99_S = 1500, 0.25
READS = 2000
READERS = 8

STATIC = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=sys.argv[1]))])
uvicorn.run(app, port=int(sys.argv[2]), log_config=None, access_log=False, http="httptools", ws="none")
"""


def measure(folder: Path, rounds: int) -> Iterator[str]:
    """Yield a line for each figure."""
    with serving(folder / "serving", "--publish-every", "3600") as server:
        rates, p99s, cpus = [], [], []
        for _ in range(max(3, rounds // 3)):
            rate, p99, cpu = _append(server)
            rates.append(rate)
            p99s.append(p99)
            cpus.append(cpu)
        held = "held" if statistics.median(rates) >= WANTED_RATE else "NOT held"
        yield (
            f"durable appends by {CLIENTS} clients over HTTP, a statement a request: "
            f"{statistics.median(rates):.0f}/s [{min(rates):.0f} .. {max(rates):.0f}], "
            f"at least {WANTED_RATE}/s: {held}"
        )
        held = "held" if statistics.median(p99s) < WANTED_P99_S else "NOT held"
        yield (
            f"  99 of 100 were answered within {statistics.median(p99s) * 1e3:.0f} ms "
            f"[{min(p99s) * 1e3:.0f} .. {max(p99s) * 1e3:.0f}], under {WANTED_P99_S * 1e3:.0f} ms: {held}"
        )
        yield f"  each took {statistics.median(cpus) * 1e6:.0f} us of the server's processor time"
        asyncio.run(Client(server.url).ask(request_of([Signing(server.office).sign()], "published")))
        yield _tiles(server, rounds).line()
        yield from _on_postgresql(folder, server, rounds)


def _on_postgresql(folder: Path, on_sqlite: Server, rounds: int) -> Iterator[str]:
    """Yield how long a statement takes where the ledger is on PostgreSQL, beside SQLite."""
    try:
        with (
            run_server() as database_server,
            serving(
                folder / "on-postgresql",
                "--publish-every",
                "3600",
                database=new_database(database_server, "serving"),
            ) as server,
        ):
            _append(server)
            pairs = [(1 / _append(server)[0], 1 / _append(on_sqlite)[0]) for _ in range(max(3, rounds // 3))]
            ours_s, reference_s = zip(*pairs, strict=True)
            name = f"PostgreSQL beside SQLite, {CLIENTS} clients over HTTP, each"
            yield Comparison(name, ours_s, reference_s, 2, most=True).line()
    except Unavailable as error:
        yield f"PostgreSQL is not measured: {error}"


def _append(server: Server) -> tuple[float, float, float]:
    """Append with all clients at once.

    Returns:
        Statements a second, the 99th percentile of the time to an answer, and the server's processor time a
        statement, in seconds.
    """
    signing = Signing(server.office)
    requests = iter([request_of([signing.sign()]) for _ in range(STATEMENTS)])
    times: list[float] = []

    async def client() -> None:
        connection = Client(server.url)
        for request in requests:
            begun = time.perf_counter()
            answer = await connection.ask(request)
            times.append(time.perf_counter() - begun)
            assert answer.status == 200, answer
        connection.close()

    async def run() -> float:
        begun = time.perf_counter()
        await asyncio.gather(*[client() for _ in range(CLIENTS)])
        return time.perf_counter() - begun

    cpu_began = server.processor_s()
    took_s = asyncio.run(run())
    cpu_s = (server.processor_s() - cpu_began) / STATEMENTS
    return STATEMENTS / took_s, statistics.quantiles(times, n=100)[98], cpu_s


def _tiles(server: Server, rounds: int) -> Comparison:
    """Compare a full tile from the service with the same file from Starlette's static files."""
    port = int(server.url.rpartition(":")[2]) + 1
    static = subprocess.Popen([sys.executable, "-c", STATIC, str(server.public), str(port)])
    try:
        reference = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                asyncio.run(_read(reference, 1))
                break
            except OSError:
                time.sleep(0.1)
        ours_s, reference_s = [], []
        for _ in range(rounds + 1):
            ours_s.append(asyncio.run(_read(server.url, READS)) / READS)
            reference_s.append(asyncio.run(_read(reference, READS)) / READS)
        return Comparison(
            "a full tile over HTTP, beside a static file", tuple(ours_s[1:]), tuple(reference_s[1:]), 0.5
        )
    finally:
        static.terminate()
        static.wait(10)


async def _read(url: str, count: int) -> float:
    request = b"GET /tile/0/000 HTTP/1.1\r\nHost: bench\r\n\r\n"
    left = iter(range(count))

    async def client() -> None:
        connection = Client(url)
        for _ in left:
            answer = await connection.ask(request)
            assert (answer.status, len(answer.body)) == (200, 8192), answer.status
        connection.close()

    begun = time.perf_counter()
    await asyncio.gather(*[client() for _ in range(min(READERS, count))])
    return time.perf_counter() - begun
