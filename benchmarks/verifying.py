"""Full verification of a published ledger, beside raw libsodium on the same signatures on all cores."""

import base64
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from nacl.bindings import crypto_sign_open

from benchmarks.rounds import Comparison, compare
from plimsoll_keys.vkey import parse_vkey
from plimsoll_ledger.tiles import parse_bundle


def read_signed(public: Path) -> list[tuple[bytes, bytes]]:
    """Return signature || message, and key, of every entry of a published ledger, in order."""
    keys: dict[str, bytes] = {}
    signed = []
    bundles = sorted((public / "tile/entries").rglob("*"), key=str)
    newest = int((public / "checkpoint").read_text(encoding="utf-8").splitlines()[1])
    for path in bundles:
        if path.is_dir() or (path.parent.suffix == ".p" and int(path.name) != newest % 256):
            continue
        for entry in parse_bundle(path.read_bytes()):
            envelope = json.loads(entry)["envelope"]
            payload = base64.b64decode(envelope["payload"])
            body = json.loads(payload)["predicate"].get("body", {})
            for vkey in [body.get("vkey"), *(root["vkey"] for root in body.get("root", ()))]:
                if vkey:
                    found = parse_vkey(vkey)
                    keys[found.keyid_hex] = found.public_key
            kind = envelope["payloadType"].encode()
            pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
            signature = envelope["signatures"][0]
            signed.append((base64.b64decode(signature["sig"]) + pae, keys[signature["keyid"]]))
    return signed


def _verify_all(signed: list[tuple[bytes, bytes]], gate: Connection) -> None:
    while gate.recv():
        for message, key in signed:
            crypto_sign_open(message, key)
        gate.send(None)


class RawLibsodium:
    """One process a core, each with its share of the signatures in memory before the clock starts."""

    def __init__(self, signed: list[tuple[bytes, bytes]]) -> None:
        cores = os.cpu_count() or 1
        self.gates: list[Connection] = []
        context = multiprocessing.get_context("fork")
        for core in range(cores):
            ours, theirs = context.Pipe()
            context.Process(target=_verify_all, args=(signed[core::cores], theirs), daemon=True).start()
            self.gates.append(ours)

    def __call__(self) -> None:
        """Verify every signature once."""
        for gate in self.gates:
            gate.send("again")
        for gate in self.gates:
            gate.recv()

    def close(self) -> None:
        """Let the processes end."""
        for gate in self.gates:
            gate.send("")


def verifier(folder: Path, *more: str) -> Callable[[], object]:
    """Return a call that runs the whole program on a ledger, and raises unless it says compliant."""
    command = [sys.executable, "-m", "plimsoll_verify", "log", str(folder / "public")]
    command += ["--trust", str(folder / "trust.toml"), *more]

    def run() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(
                f"the verifier gave exit code {done.returncode}: {done.stdout[:500]}{done.stderr}"
            )

    return run


def peak_memory(folder: Path) -> int:
    """Return the highest sum, in bytes, of the proportional memory of the verifier and its workers."""
    command = [sys.executable, "-m", "plimsoll_verify", "log", str(folder / "public")]
    with subprocess.Popen(
        [*command, "--trust", str(folder / "trust.toml")], stdout=subprocess.DEVNULL
    ) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(_proportional(pid) for pid in _tree(process.pid)))
            time.sleep(0.02)
    return peak


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _proportional(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def measure(folders: dict[int, Path], rounds: int) -> Iterator[Comparison]:
    """Yield a comparison for each size of ledger, smallest first; times are an entry's."""
    for size, folder in sorted(folders.items()):
        raw = RawLibsodium(read_signed(folder / "public"))
        yield compare(
            f"full verification of {size:,} entries, an entry",
            verifier(folder),
            raw,
            wanted=0.6,
            rounds=rounds,
            per=(size, size),
        )
        raw.close()
