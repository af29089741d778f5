"""The sizes past which input is refused.

Files are read with one byte more than they may have, so that too much is seen and not stored.

Source: SPEC 1.2, 1.8.
"""

MAX_INTEGER = 2**53 - 1
"""Largest magnitude of an integer in canonical JSON; also the largest tree that is read."""

MAX_DEPTH = 64
"""Deepest nesting of arrays and objects in canonical JSON."""

MAX_ENTRY_BYTES = 65_535
"""An entry's length is an unsigned 16-bit number in its bundle."""

MAX_BODY_BYTES = 8 * 2**20
"""A detached body."""

MAX_POLICY_BYTES = 4 * 2**20
"""A policy document, which is a body too."""

MAX_NOTE_BYTES = 128 * 2**10
"""A signed note, signatures included; 32 witnesses' ML-DSA-44 lines fit."""

MAX_TOKEN_BYTES = 64 * 2**10
"""An RFC 3161 token, the certificates in it included."""

MAX_TOKENS = 32
"""Tokens over one checkpoint that are read."""

MAX_NOTE_SIGNATURES = 256
"""Signature lines of a note."""

MAX_SUBJECTS = 16
"""Subjects that one statement names."""

MAX_TEXT_CHARS = 16_384
"""Code points of a string in a statement."""

MAX_ORIGIN_BYTES = 255
"""A log's origin, and the name of a cosigner that signs with ML-DSA-44."""

MAX_TRUST_BYTES = 2**20
"""A trust file."""

MAX_PROOF_BYTES = 256 * 2**10
"""A tlog-proof: an entry in base64, at most 63 hashes and a note."""

TILE_WIDTH = 256
"""Hashes of a full tile, entries of a full bundle."""

HASH_BYTES = 32
"""A SHA-256 digest."""

MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
"""A full bundle of the longest entries."""

MAX_SEEN_AGE_MS = 30 * 24 * 3600 * 1000
"""How old the first entry that `seen` omits may be at the statement's own entry (SPEC 4.5)."""

CLAIMED_WITHIN_MS = 30 * 24 * 3600 * 1000
"""How long after the genesis a claim about what was before it counts for whoever makes it (SPEC 8.4)."""

MAX_TIME_S = 253_402_300_799
"""The last second of the year 9999, since 1970 (SPEC 1.4)."""

PACK_CHUNK_BYTES = 4 * 2**20
"""How much of a pack of bodies is held at a time, unless one body is larger."""

SAMPLE_CHARS = 80
"""How much of a foreign text an error message quotes."""

MAX_REASON_CHARS = 200
"""How much of a decoder's own words an error message repeats, which may quote the input."""
