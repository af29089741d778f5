"""Numbers that stand in the writer and in the reader, on purpose twice: they are the same."""

import re
from pathlib import Path

import pytest

from plimsoll_attest import admission, anchoring, bodies, canonical, policyfile, times
from plimsoll_attest.importers import limits as importing
from plimsoll_attest.statements import envelope, statement
from plimsoll_ledger import logpolicy, models, note, plausible, tiles, tlogproof
from plimsoll_ledger.witness import request
from plimsoll_verify import limits, proofs
from plimsoll_verify import logpolicy as read_logpolicy
from plimsoll_verify import times as judging

SAME = {
    "clocks apart: admission": (admission.TOLERANCE_MS, judging.TOLERANCE_MS),
    "clocks apart: time stamps": (anchoring.TOLERANCE_MS, judging.TOLERANCE_MS),
    "clocks apart: the sequencer": (plausible.TOLERANCE_MS, judging.TOLERANCE_MS),
    "age of what seen omits": (admission.MAX_SEEN_AGE_MS, limits.MAX_SEEN_AGE_MS),
    "integers": (canonical.MAX_INTEGER, limits.MAX_INTEGER),
    "depth": (canonical.MAX_DEPTH, limits.MAX_DEPTH),
    "entry: statements": (envelope.MAX_ENTRY_SIZE, limits.MAX_ENTRY_BYTES),
    "entry: tiles": (tiles.MAX_ENTRY_SIZE, limits.MAX_ENTRY_BYTES),
    "body: statements": (bodies.MAX_BODY_SIZE, limits.MAX_BODY_BYTES),
    "body: packs": (tiles.MAX_BODY_SIZE, limits.MAX_BODY_BYTES),
    "policy": (policyfile.MAX_POLICY_SIZE, limits.MAX_POLICY_BYTES),
    "note": (note.MAX_NOTE_SIZE, limits.MAX_NOTE_BYTES),
    "signatures of a note": (note.MAX_SIGNATURES, limits.MAX_NOTE_SIGNATURES),
    "time of a cosignature": (note.MAX_TIME_S, limits.MAX_TIME_S),
    "times": (times.MAX_TIME_MS, limits.MAX_TIME_S * 1000 + 999),
    "subjects": (statement.MAX_SUBJECTS, limits.MAX_SUBJECTS),
    "texts": (statement.MAX_TEXT, limits.MAX_TEXT_CHARS),
    "origin": (models.MAX_TOPIC_SIZE, limits.MAX_ORIGIN_BYTES),
    "lines of a log policy": (logpolicy.MAX_LINES, read_logpolicy._MAX_LINES),
    "hashes of a proof: files": (tlogproof.MAX_PROOF, proofs._MAX_HASHES),
    "hashes of a proof: witnesses": (request.MAX_PROOF, proofs._MAX_HASHES),
    "width of a tile": (tiles.TILE_WIDTH, limits.TILE_WIDTH),
}


@pytest.mark.parametrize("what", SAME)
def test_writer_and_reader_agree(what: str) -> None:
    ours, theirs = SAME[what]
    assert ours == theirs


def test_what_is_imported_fits_into_a_statement() -> None:
    assert importing.MAX_TEXT <= limits.MAX_TEXT_CHARS


def test_each_limit_of_the_reader_that_a_writer_could_exceed_is_held() -> None:
    """A limit that is new in `limits` is either compared above, or named here as the reader's own."""
    text = Path(limits.__file__).read_text(encoding="utf-8")
    names = set(re.findall(r"^([A-Z_]+) = ", text, re.MULTILINE))
    compared = set(re.findall(r"limits\.([A-Z][A-Z_]+)", Path(__file__).read_text(encoding="utf-8")))
    own = {
        "MAX_TOKEN_BYTES", "MAX_TOKENS", "MAX_TRUST_BYTES", "MAX_PROOF_BYTES", "MAX_BUNDLE_BYTES",
        "HASH_BYTES", "PACK_CHUNK_BYTES", "SAMPLE_CHARS", "MAX_REASON_CHARS", "CLAIMED_WITHIN_MS",
    }  # fmt: skip
    assert names == compared | own
