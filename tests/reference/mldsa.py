"""Verification of ML-DSA-44 signatures as FIPS 204 writes it down, slowly and in the open.

It shares nothing with the library that the packages use, so that the two agree is evidence for both, and for
the form in which a message is signed: in the pure mode, with its context.
"""

from hashlib import shake_128, shake_256

Q = 8_380_417
K = L = 4
D, TAU, OMEGA = 13, 39, 80
GAMMA_1, GAMMA_2 = 2**17, (Q - 1) // 88
BETA = TAU * 2
CHALLENGE_BYTES = 32

Poly = list[int]


def bit_reversed(number: int) -> int:
    """Return the eight bits of a number in reverse."""
    return int(f"{number:08b}"[::-1], 2)


ZETAS = [pow(1753, bit_reversed(number), Q) for number in range(256)]


def ntt(poly: Poly) -> Poly:
    """Algorithm 41."""
    w, m, length = list(poly), 0, 128
    while length:
        for start in range(0, 256, 2 * length):
            m += 1
            for j in range(start, start + length):
                t = ZETAS[m] * w[j + length] % Q
                w[j], w[j + length] = (w[j] + t) % Q, (w[j] - t) % Q
        length //= 2
    return w


def inverse_ntt(poly: Poly) -> Poly:
    """Algorithm 42."""
    w, m, length = list(poly), 256, 1
    while length < 256:
        for start in range(0, 256, 2 * length):
            m -= 1
            for j in range(start, start + length):
                t = w[j]
                w[j], w[j + length] = (t + w[j + length]) % Q, -ZETAS[m] * (t - w[j + length]) % Q
        length *= 2
    return [pow(256, -1, Q) * one % Q for one in w]


def unpack(data: bytes, bits: int) -> Poly:
    """Algorithms 18 and 19, without the shift: 256 numbers of so many bits each, the lowest first."""
    whole = int.from_bytes(data, "little")
    return [whole >> bits * at & (1 << bits) - 1 for at in range(256)]


def sample_ntt(seed: bytes) -> Poly:
    """Algorithm 30: numbers below q from a stream, three bytes each."""
    stream = shake_128(seed).digest(2000)
    found = (int.from_bytes(stream[at : at + 3], "little") & 0x7FFFFF for at in range(0, 1998, 3))
    return [one for one in found if one < Q][:256]


def sample_in_ball(seed: bytes) -> Poly:
    """Algorithm 29: 39 coefficients of 1 or -1."""
    stream = shake_256(seed).digest(1000)
    signs, rest, c = int.from_bytes(stream[:8], "little"), iter(stream[8:]), [0] * 256
    for i in range(256 - TAU, 256):
        j = next(one for one in rest if one <= i)
        c[i], c[j] = c[j], 1 - 2 * (signs >> i + TAU - 256 & 1)
    return c


def unpack_hint(data: bytes) -> list[set[int]] | None:
    """Algorithm 21: which coefficients are corrected; None if it is not written in the one right way."""
    hints: list[set[int]] = []
    index = 0
    for end in data[OMEGA:]:
        places = list(data[index:end])
        if not index <= end <= OMEGA or places != sorted(set(places)):
            return None
        hints.append(set(places))
        index = end
    return hints if not any(data[index:OMEGA]) else None


def use_hint(is_hinted: bool, r: int) -> int:
    """Algorithms 36 and 40."""
    r0 = r % (2 * GAMMA_2)
    r0 -= 2 * GAMMA_2 * (r0 > GAMMA_2)
    r1, r0 = (0, r0 - 1) if r - r0 == Q - 1 else ((r - r0) // (2 * GAMMA_2), r0)
    return (r1 + (0 if not is_hinted else 1 if r0 > 0 else -1)) % 44


def holds(public_key: bytes, message: bytes, signature: bytes, context: bytes = b"") -> bool:
    """Algorithms 3 and 8: say whether a signature is one of a message under a key."""
    if len(signature) != CHALLENGE_BYTES + L * 576 + OMEGA + K or len(public_key) != 32 + K * 320:
        return False
    rho, t1 = public_key[:32], [unpack(public_key[at : at + 320], 10) for at in range(32, 1312, 320)]
    challenge, hints = signature[:CHALLENGE_BYTES], unpack_hint(signature[-OMEGA - K :])
    z = [
        [GAMMA_1 - one for one in unpack(signature[at : at + 576], 18)]
        for at in range(CHALLENGE_BYTES, CHALLENGE_BYTES + L * 576, 576)
    ]
    if hints is None or max(abs(one) for poly in z for one in poly) >= GAMMA_1 - BETA:
        return False
    signed = bytes([0, len(context)]) + context + message
    mu = shake_256(shake_256(public_key).digest(64) + signed).digest(64)
    z_hat, c_hat = [ntt(poly) for poly in z], ntt(sample_in_ball(challenge))
    packed = 0
    for r in range(K):
        row = [sample_ntt(rho + bytes([s, r])) for s in range(L)]
        t_hat = ntt([one << D for one in t1[r]])
        w = inverse_ntt(
            [
                (sum(a[n] * y[n] for a, y in zip(row, z_hat, strict=True)) - c_hat[n] * t_hat[n]) % Q
                for n in range(256)
            ]
        )
        for n in range(256):
            packed |= use_hint(n in hints[r], w[n]) << 6 * (256 * r + n)
    return shake_256(mu + packed.to_bytes(K * 192, "little")).digest(CHALLENGE_BYTES) == challenge
