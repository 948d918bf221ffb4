"""What an Access-Accept says, in the vendor's words, as octets."""

from typing import NamedTuple

from isp.access import Addresses, Entitlement
from isp.nas import Vendor
from policy import vendors
from policy.class_cookie import NONCE_OCTETS, ClassCookie
from policy.class_cookie import encode as encode_cookie
from radius import wire

__all__ = ["AcceptTemplate", "accept_template"]

NONCE_MARK = bytes.fromhex("a5 5a c3 3c 96 69 f0 0f")
"""Stands where the nonce goes while a template is made."""

assert len(NONCE_MARK) == NONCE_OCTETS


class AcceptTemplate(NamedTuple):
    """The attributes of an Access-Accept around the nonce of its Class."""

    before: bytes
    after: bytes


def accept_template(
    entitlement: Entitlement, addresses: Addresses, vendor: Vendor
) -> AcceptTemplate:
    """How `entitlement` (an effective one) is said to a NAS of that vendor."""
    cookie = ClassCookie(
        tenant_id=entitlement.tenant_id,
        subscriber_id=entitlement.subscriber_id,
        service_id=entitlement.service_id,
        version=entitlement.version,
        access=entitlement.access,
        rates=entitlement.rates,
        nonce=NONCE_MARK,
    )
    said = vendors.profile(vendor).accept_attributes(entitlement, addresses, encode_cookie(cookie))
    octets = b"".join(wire.attribute(each.type, each.value) for each in said)
    before, mark, after = octets.partition(NONCE_MARK)
    if not mark:
        message = f"the profile of {vendor} says no Class"
        raise ValueError(message)
    return AcceptTemplate(before, after)
