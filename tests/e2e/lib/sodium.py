# SPDX-License-Identifier: Apache-2.0
"""A few calls of libsodium, so that tests check signatures and envelopes with code that is not ours."""

import ctypes

_sodium = ctypes.CDLL("libsodium.so.23")
_sodium.sodium_init()


def is_signed(message, signature, public_key):
    """Ed25519."""
    return _sodium.crypto_sign_verify_detached(
        signature, message, ctypes.c_ulonglong(len(message)), public_key) == 0


def encrypt(key, nonce, plain, associated):
    """XChaCha20-Poly1305-IETF."""
    out = ctypes.create_string_buffer(len(plain) + 16)
    _sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), associated,
        ctypes.c_ulonglong(len(associated)), None, nonce, key)
    return out.raw
