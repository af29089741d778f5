"""Hammer a served log: writers, readers that verify all they get, and restarts meanwhile; then count.

python benchmarks/hammer.py [--seconds N] [--writers N] [--readers N] [--restart-every SECONDS] [--in DIR]

Every restart is a SIGTERM or a SIGKILL, in turn. A writer submits the same until it is acknowledged. In the
end every acknowledged statement must be in the log exactly once, at the index that was told, its body in the
home, and the whole log must verify. Exit 1 says that it does not.
"""

import argparse
import asyncio
import collections
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.served import Client, Server, Signing, request_of
from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.source import body_digest
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.store import open_store
from plimsoll_verify.audit import audit, verify_newest
from plimsoll_verify.checkpoint import Checkpoint
from plimsoll_verify.examine import read_verified_entries
from plimsoll_verify.httpsource import HttpSource
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.tree import Tree
from plimsoll_verify.trust import Trust, parse_trust

GIVE_UP_S = 120


class Hammer:
    """One run."""

    def __init__(self, server: Server, trust: Trust, args: argparse.Namespace) -> None:
        """Take the server, and how hard to hit it."""
        self.server = server
        self.trust = trust
        self.args = args
        self.ends = time.monotonic() + args.seconds
        self.acknowledged: dict[str, int] = {}
        self.envelopes: dict[str, bytes] = {}
        self.counts: collections.Counter[str] = collections.Counter()
        self.rng = random.Random(args.seed)

    async def run(self) -> None:
        """Write, read and restart until time is up."""
        tasks = [self._write() for _ in range(self.args.writers)]
        tasks += [self._read() for _ in range(self.args.readers)]
        await asyncio.gather(*tasks, self._restart())

    async def _write(self) -> None:
        signing = Signing(self.server.office)
        client = Client(self.server.url)
        while time.monotonic() < self.ends:
            drafts = [signing.sign() for _ in range(self.rng.choice((1, 1, 1, 2, 8)))]
            wait = "published" if self.rng.random() < 0.05 else "durable"
            request = request_of(drafts, wait)
            given_up = self.ends + GIVE_UP_S
            while True:
                try:
                    answer = await client.ask(request)
                except (OSError, EOFError, asyncio.IncompleteReadError, ValueError):
                    self.counts["cut off"] += 1
                    await asyncio.sleep(0.05)
                else:
                    if answer.status in (200, 202):
                        break
                    self.counts[f"status {answer.status}"] += 1
                    assert answer.status in (429, 503), answer
                    await asyncio.sleep(0.1)
                assert time.monotonic() < given_up, "it never came back"
            for draft, told in zip(drafts, answer.statements(), strict=True):
                assert told["id"] == draft.statement_id
                self.acknowledged[draft.statement_id] = told["index"]
                self.envelopes[draft.statement_id] = draft.envelope
                self.counts[told["status"]] += 1
        client.close()

    async def _read(self) -> None:
        last: Checkpoint | None = None
        source = HttpSource(self.server.url, timeout_s=5)
        while time.monotonic() < self.ends or not self.counts["proofs"]:
            assert time.monotonic() < self.ends + GIVE_UP_S, "nothing could be proven"
            try:
                last = await asyncio.to_thread(self._verify, source, last)
            except OSError:
                self.counts["reads cut off"] += 1
            await asyncio.sleep(0.02)

    def _verify(self, source: HttpSource, last: Checkpoint | None) -> Checkpoint:
        """Verify the newest checkpoint, that it continues the last, and a statement that was acknowledged."""
        checkpoint, _ = verify_newest(source, self.trust)
        tree = Tree(source, checkpoint.size, checkpoint.root)
        if last is not None:
            assert checkpoint.size >= last.size, "it went backwards"
            assert tree.root_at(last.size) == last.root, "it forked"
        known = [(ident, index) for ident, index in self.acknowledged.copy().items() if index < tree.size]
        if known:
            ident, index = self.rng.choice(known)
            entries = read_verified_entries(source, tree, index // 256)
            assert self.envelopes[ident] in entries[index % 256], f"{ident} is not entry {index}"
            self.counts["proofs"] += 1
        return checkpoint

    async def _restart(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(min(self.args.restart_every, max(0.0, self.ends - time.monotonic())))
            if number and time.monotonic() >= self.ends:  # Once at least, however slow the machine is.
                return
            which = (signal.SIGKILL, signal.SIGTERM)[number % 2]
            number += 1
            code = await asyncio.to_thread(self.server.stop, which)
            assert code == (0 if which == signal.SIGTERM else -signal.SIGKILL), code
            self.counts[which.name] += 1
            await asyncio.to_thread(self.server.start)

    def settle(self) -> int:
        """Stop the server, and hold the whole log against what was acknowledged; return its size."""
        assert self.server.stop(signal.SIGTERM) == 0
        verdict = audit(DirectorySource(self.server.public), self.trust)
        assert verdict.error is None, verdict.error
        flawed = [one for one in verdict.findings if one.level == "violation"]
        assert flawed == [], flawed[0].message
        home = self.server.office.home
        store, bodies = open_store(home.database_url), ContentStore(home.body_dir)
        try:
            fsck(store)
            found: dict[str, int] = {}
            for entry in store.entries():
                assert entry.ident.hex() not in found, f"{entry.ident.hex()} is in the log twice"
                found[entry.ident.hex()] = entry.index
                digest = body_digest(entry)
                assert not digest or bodies.get(digest), f"the body of entry {entry.index} is not there"
        finally:
            store.close()
            bodies.close()
        lost = {ident for ident, index in self.acknowledged.items() if found.get(ident) != index}
        assert lost == set(), f"{len(lost)} acknowledged statements are not where they were said to be"
        assert verdict.log.size == len(found), "the last state was not published"
        return len(found)


def main(argv: list[str] | None = None) -> int:
    """Run the hammer, and say what held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--restart-every", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--in", dest="folder", help="where to work, and leave everything; else a temporary place"
    )
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="plimsoll-hammer-") as scratch:
        folder = Path(args.folder or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        server = Server(folder, "--publish-every", "0.5")
        try:
            server.start()
            with server.office.desk(writing=False) as desk:
                trust = parse_trust(desk.trust().encode())
            hammer = Hammer(server, trust, args)
            asyncio.run(hammer.run())
            size = hammer.settle()
        except AssertionError as error:
            print(f"NOT held: {error}")
            return 1
        finally:
            server.close()
    told = ", ".join(f"{count} {name}" for name, count in sorted(hammer.counts.items()))
    print(f"held: {len(hammer.acknowledged)} acknowledged statements, each once, in {size} entries; {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
