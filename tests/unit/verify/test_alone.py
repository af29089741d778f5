"""The verifier does its work where the writer's packages, and what only they need, do not exist."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nacl
from tests.support.forge import Forge

import plimsoll_verify

SCRIPT = """
import json
import sys

HIDDEN = {"plimsoll_keys", "plimsoll_ledger", "plimsoll_attest", "cryptography", "sqlalchemy", "sqlmodel", "pydantic", "yaml"}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
sys.path[:0] = sys.argv[1:3]
public, trust_file, workers = sys.argv[3], sys.argv[4], int(sys.argv[5])

from plimsoll_verify.audit import verify_entries, verify_newest
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust

source = DirectorySource(public)
with open(trust_file, "rb") as file:
    trust = parse_trust(file.read())
records = []
checkpoint, facts = verify_newest(source, trust)
verify_entries(source, trust, checkpoint, records.append, workers=workers)
loaded = sorted({name.partition(".")[0] for name in sys.modules} & HIDDEN)
print(json.dumps([facts.size, [record.kind for record in records], loaded]))
"""  # noqa: E501 - a script of its own.


def test_a_ledger_is_verified_with_the_siblings_absent(tmp_path: Path) -> None:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    while forge.size < 600:
        forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    (tmp_path / "trust.toml").write_text(forge.publish(tmp_path / "public"))
    package = Path(plimsoll_verify.__file__).parent
    shutil.copytree(package, tmp_path / "alone/plimsoll_verify", ignore=shutil.ignore_patterns("__pycache__"))
    for workers in ("1", "2"):
        done = subprocess.run(
            [
                sys.executable, "-I", "-S", "-c", SCRIPT,
                tmp_path / "alone", Path(nacl.__file__).parents[1],
                tmp_path / "public", tmp_path / "trust.toml", workers,
            ],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        size, kinds, loaded = json.loads(done.stdout)
        assert size == len(kinds) == 600
        assert kinds[:4] == ["genesis", "person", "key", "role"]
        assert loaded == []
