"""Our Class attribute."""

from hypothesis import given, settings
from hypothesis import strategies as st

from isp.access import Access, Rates
from policy.class_cookie import NONCE_OCTETS, ClassCookie, decode, encode

kbps = st.none() | st.integers(0, 2**32 - 2)
cookies = st.builds(
    ClassCookie,
    tenant_id=st.integers(0, 2**32 - 1),
    subscriber_id=st.integers(0, 2**63 - 1),
    service_id=st.integers(0, 2**63 - 1),
    version=st.integers(0, 2**32 - 1),
    access=st.sampled_from(Access),
    rates=st.builds(Rates, down_kbps=kbps, up_kbps=kbps),
    nonce=st.binary(min_size=NONCE_OCTETS, max_size=NONCE_OCTETS),
)


@given(cookie=cookies)
@settings(max_examples=200, deadline=None)
def test_a_cookie_comes_back_as_it_was(cookie: ClassCookie):
    assert cookie == decode(encode(cookie))
    assert 44 == len(encode(cookie))


@given(value=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_other_octets_are_not_ours(value: bytes):
    assert None is decode(value)


@given(cookie=cookies, octets=st.integers(0, 43))
@settings(max_examples=100, deadline=None)
def test_a_cookie_cut_short_is_not_ours(cookie: ClassCookie, octets: int):
    assert None is decode(encode(cookie)[:octets])
