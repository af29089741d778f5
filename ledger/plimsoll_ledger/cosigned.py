r"""What a cosigner signs, by the type of its key.

    0x04, Ed25519      cosignature/v1\ntime <seconds>\n, and the checkpoint's whole text
    0x06, ML-DSA-44    subtree/v1\n\0 || u8 length || the cosigner's name || u64 seconds
                       || u8 length || the log's origin || u64 0 || u64 size || root[32]

Numbers of the second are big endian, and its texts have 1 to 255 bytes. It says from which entry to which the
tree goes, of a checkpoint from 0, and leaves extension lines out: nothing is stated about them.

Source: SPEC 2.5 / C2SP tlog-cosignature.
"""

from __future__ import annotations

from plimsoll_keys.vkey import COSIGNATURE_ML_DSA, VKey
from plimsoll_ledger.errors import Malformed
from plimsoll_ledger.treehead import parse_checkpoint

_LABEL = b"subtree/v1\n\0"
_MAX_TEXT_SIZE = 255


def cosigned_message(vkey: VKey, text: str, time_s: int) -> bytes:
    """Return what a cosigner signs of a checkpoint.

    What an Ed25519 key signs does not commit to the cosigner's name: such a key serves one cosigner only.

    Args:
        vkey: The cosigner's key.
        text: The checkpoint's whole text, extension lines included.
        time_s: The time that is stated, in UTC seconds since the epoch.

    Raises:
        Malformed: if an ML-DSA-44 key is to sign what is no checkpoint, or one of an origin past 255 bytes.

    Source: SPEC 2.5 / C2SP tlog-cosignature.
    """
    if vkey.key_type != COSIGNATURE_ML_DSA:
        return f"cosignature/v1\ntime {time_s}\n{text}".encode()
    checkpoint = parse_checkpoint(text)
    return b"".join(
        (
            _LABEL,
            _with_length(vkey.name),
            time_s.to_bytes(8, "big"),
            _with_length(checkpoint.origin),
            bytes(8),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def _with_length(text: str) -> bytes:
    data = text.encode()
    if len(data) > _MAX_TEXT_SIZE:
        raise Malformed(f"what is cosigned names at most {_MAX_TEXT_SIZE} bytes, got {len(data)}")
    return bytes([len(data)]) + data
