# SPDX-License-Identifier: GPL-2.0-or-later
"""The hashes of src/crypto against Python's hashlib: every length from 0 to 1100 bytes, in random pieces."""
import ctypes
import hashlib
import random
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
SEED = 20261121
CONTEXT_BYTES = 4096  # more than struct hash_context has
ALGORITHMS = {"hash_md5": "md5", "hash_sha1": "sha1", "hash_sha256": "sha256", "hash_sha3_256": "sha3_256"}


@pytest.fixture(scope="module")
def crypto(tmp_path_factory):
    library = tmp_path_factory.mktemp("crypto") / "crypto.so"
    sources = [TOP / "src" / "base" / "secret.c", *sorted((TOP / "src" / "crypto").glob("*.c"))]
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-fPIC", "-shared", "-iquote", TOP / "src", *sources,
                    "-o", library], check=True)
    loaded = ctypes.CDLL(library)
    loaded.hash_update.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    return loaded


def digest(crypto, name, message, chance):
    """Ours, the message handed over in pieces."""
    context, out = ctypes.create_string_buffer(CONTEXT_BYTES), ctypes.create_string_buffer(64)
    crypto.hash_init(context, ctypes.byref(ctypes.c_char.in_dll(crypto, name)))
    while message:
        n = chance.randint(1, len(message))
        crypto.hash_update(context, message[:n], n)
        message = message[n:]
    crypto.hash_final(context, out)
    return out.raw


@pytest.mark.parametrize("name", ALGORITHMS)
def test_against_hashlib(crypto, name):
    chance = random.Random(SEED)
    for n_bytes in range(1101):
        message = chance.randbytes(n_bytes)
        expected = hashlib.new(ALGORITHMS[name], message).digest()
        assert digest(crypto, name, message, chance)[:len(expected)] == expected, f"{n_bytes} bytes: {message.hex()}"
