"""Sealed values open with their ring and context, and with nothing else."""

import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.sealing import KeyRing, SealBroken
from isp.errors import ExitCode, Refused
from isp.sealed import Sealed

RING = KeyRing.generate()


@settings(max_examples=50, deadline=None)
@given(plaintext=st.binary(max_size=300), context=st.text(max_size=40))
def test_what_was_sealed_opens_in_its_context(plaintext, context):
    assert plaintext == RING.open(RING.seal(plaintext, context), context)


@settings(max_examples=100, deadline=None)
@given(at=st.integers(min_value=0, max_value=40), flip=st.integers(min_value=1, max_value=255))
def test_any_altered_octet_breaks_the_seal(at, flip):
    sealed = bytearray(RING.seal(b"password", "c"))
    sealed[at] ^= flip

    with pytest.raises(SealBroken):
        RING.open(bytes(sealed), "c")


@settings(max_examples=100, deadline=None)
@given(junk=st.binary(max_size=64))
def test_junk_is_a_broken_seal_and_nothing_else(junk):
    with pytest.raises(SealBroken):
        RING.open(junk, "c")


def test_a_secret_of_one_kind_does_not_open_as_one_of_another():
    sealed = RING.seal(b"password", Sealed.SERVICE_PASSWORD)

    with pytest.raises(SealBroken):
        RING.open(sealed, Sealed.NAS_SECRET)


def test_the_same_plaintext_is_never_sealed_alike():
    assert RING.seal(b"password", "c") != RING.seal(b"password", "c")


def test_a_created_ring_is_private_and_stays_the_same(tmp_path):
    path = tmp_path / "keys"
    sealed = KeyRing.load_or_create(path).seal(b"password", "c")

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert b"password" == KeyRing.load_or_create(path).open(sealed, "c")
    assert [path] == list(tmp_path.iterdir())


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key(tmp_path):
    ring = KeyRing.load_or_create(tmp_path / "keys")
    old = ring.seal(b"password", "c")
    ring.rotate()
    new = ring.seal(b"password", "c")

    assert b"password" == ring.open(old, "c") == ring.open(new, "c")
    assert (b"\0\0\0\1", b"\0\0\0\2") == (old[1:5], new[1:5])
    assert b"password" == KeyRing.load(tmp_path / "keys").open(new, "c")


def test_a_running_daemon_opens_what_was_sealed_after_a_rotation(tmp_path):
    daemon = KeyRing.load_or_create(tmp_path / "keys")
    operator = KeyRing.load(tmp_path / "keys")
    operator.rotate()

    assert b"password" == daemon.open(operator.seal(b"password", "c"), "c")


def test_a_value_of_an_unknown_key_is_refused():
    with pytest.raises(SealBroken, match="key 2"):
        rotated = KeyRing.generate()
        rotated.rotate()
        RING.open(rotated.seal(b"password", "c"), "c")


def test_a_ring_open_to_others_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "keys"
    KeyRing.load_or_create(path)
    path.chmod(0o644)

    with pytest.raises(Refused) as refusal:
        KeyRing.load(path)

    assert f"chmod 0600 {path}" == refusal.value.remedy
    assert ExitCode.CONFIGURATION == refusal.value.exit_code


@pytest.mark.parametrize("text", ["", "1\n", "1 !!!\n", "one AAAA\n", "1 AAAA\n"])
def test_a_broken_ring_is_refused(tmp_path, text):
    path = tmp_path / "keys"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(Refused):
        KeyRing.load(path)
