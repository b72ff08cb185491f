"""XXH3 with 128 bits (https://github.com/Cyan4973/xxHash, version 0.8), for inputs longer than 240 bytes only."""

import struct

MASK32, MASK64 = 2**32 - 1, 2**64 - 1
PRIME32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
PRIME64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")
STRIPE = 64
STRIPES_PER_BLOCK = (len(SECRET) - STRIPE) // 8


def _words(data, offset):
    return struct.unpack_from("<8Q", data, offset)


def _accumulate(acc, data, offset, secret_offset):
    for lane, (value, secret) in enumerate(zip(_words(data, offset), _words(SECRET, secret_offset))):
        key = value ^ secret
        acc[lane ^ 1] = (acc[lane ^ 1] + value) & MASK64
        acc[lane] = (acc[lane] + (key & MASK32) * (key >> 32)) & MASK64


def _scramble(acc):
    for lane, secret in enumerate(_words(SECRET, len(SECRET) - STRIPE)):
        acc[lane] = ((acc[lane] ^ (acc[lane] >> 47) ^ secret) * PRIME32[0]) & MASK64


def _merge(acc, secret_offset, start):
    secret = _words(SECRET, secret_offset)
    total = start
    for lane in range(0, 8, 2):
        product = (acc[lane] ^ secret[lane]) * (acc[lane + 1] ^ secret[lane + 1])
        total += (product & MASK64) ^ (product >> 64)
    total &= MASK64
    total = ((total ^ (total >> 37)) * 0x165667919E3779F9) & MASK64
    return total ^ (total >> 32)


def hash128(data):
    """The hash as one integer, high half first."""
    length = len(data)
    assert length > 240
    acc = [PRIME32[2], PRIME64[0], PRIME64[1], PRIME64[2], PRIME64[3], PRIME32[1], PRIME64[4], PRIME32[0]]
    for stripe in range((length - 1) // STRIPE):
        _accumulate(acc, data, stripe * STRIPE, stripe % STRIPES_PER_BLOCK * 8)
        if stripe % STRIPES_PER_BLOCK == STRIPES_PER_BLOCK - 1:
            _scramble(acc)
    _accumulate(acc, data, length - STRIPE, len(SECRET) - STRIPE - 7)
    low = _merge(acc, 11, length * PRIME64[0] & MASK64)
    high = _merge(acc, len(SECRET) - STRIPE - 11, ~(length * PRIME64[1]) & MASK64)
    return high << 64 | low
