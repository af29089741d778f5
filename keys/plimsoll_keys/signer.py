"""Who may sign: the one seam behind which key files, and later agents and hardware, stand.

A reader of this package starts here. `files` has the signer whose key lies in a file, `vkey` the text
in which public keys travel, `possession` the proof that enrolment asks for, and `points` the checks of
points and signatures that every verification goes through.
"""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Signer(Protocol):
    """Something that signs with one key under one name: Ed25519, or for a witness ML-DSA-44 (`mldsa`).

    The private key need not be in this process. An implementation's repr shows no secret.
    """

    @property
    def name(self) -> str:
        """The vkey's name: a person's id, or a log's origin."""
        ...

    @property
    def public_key(self) -> bytes:
        """The bytes of the public key: 32, of ML-DSA-44 1,312."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign exactly these bytes; domain separation is the caller's.

        Returns:
            The 64 bytes of an Ed25519 signature, `R || S`; of ML-DSA-44 2,420.

        Source: SPEC 1.6, 2.5 / RFC 8032 5.1.6, FIPS 204 5.2
        """
        ...
