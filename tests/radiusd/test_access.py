"""The decision about one Access-Request."""

import pytest

from isp.access import Access, Addresses, Entitlement, OnLimit, Rates, Reason
from isp.identifiers import IdentifierKind
from isp.nas import MessageAuthenticatorPolicy, Nas
from radius.authentication import Chap, Eap, MsChap2, Pap, Unusable
from radius.passwords import StoredPassword
from radiusd.access import (
    Accept,
    Reject,
    ServiceRecord,
    Silence,
    decide,
    learns_signature,
    signature_required,
)
from radiusd.access_request import AccessRequest, candidates
from radiusd.snapshot import LeaseKind

NAS = Nas(nas_id=1, tenant_id=1, name="bras", address="192.0.2.1")
CLEAR = StoredPassword(scheme="clear", digest=b"opensesame")
ENTITLEMENT = Entitlement(
    tenant_id=1,
    subscriber_id=3,
    service_id=7,
    version=1,
    access=Access.FULL,
    rates=Rates(),
    reasons=(Reason(code="active", text="in force"),),
)


def request(offer=Pap(b"opensesame"), **fields) -> AccessRequest:  # noqa: B008 - frozen
    return AccessRequest(**({"user_name": "ann", "offer": offer, "signed": True} | fields))


def record(entitlement=ENTITLEMENT, **fields) -> ServiceRecord:
    known = {"subscriber_id": 3, "service_id": 7, "password_asked": True, "password": CLEAR}
    return ServiceRecord(entitlement=entitlement, **(known | fields))


def decided(asked, found, nas=NAS, *, database_present=True):
    return decide(asked, found, nas, database_present=database_present)


def entitled(**terms) -> Entitlement:
    return Entitlement(
        **{name: getattr(ENTITLEMENT, name) for name in Entitlement.__slots__} | terms
    )


def test_the_right_password_of_an_entitled_service_is_accepted():
    accept = decided(request(), record())

    assert Accept(entitlement=ENTITLEMENT, addresses=Addresses()) == accept


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (Pap(b"wrong"), "wrong_password"),
        (Chap(1, bytes(16), b"challenge"), "wrong_password"),
        (MsChap2(1, bytes(24), bytes(16), bytes(16), b"ann"), "wrong_password"),
        (Unusable.SEVERAL, "several_credentials"),
        (Unusable.MALFORMED, "malformed_credential"),
        (Unusable.NOTHING, "no_credential"),
        (Eap(b"\x02\x01\x00\x05\x01"), "eap_not_served"),
    ],
)
def test_what_proves_nothing_is_refused_with_its_reason(offer, reason):
    assert Reject(reason) == decided(request(offer), record())


@pytest.mark.parametrize(
    ("offer", "signed", "reason"),
    [
        (Pap(b"\xff\x00\x9c"), False, "secret_suspected"),
        (Pap(b"\xff\x00\x9c"), True, "wrong_password"),
        (Pap("pässword".encode()), False, "wrong_password"),
        (Chap(1, b"\xff" * 16, b"challenge"), False, "wrong_password"),
    ],
)
def test_row_36_an_unsigned_password_that_is_no_text_looks_like_another_secret(
    offer, signed, reason
):
    assert Reject(reason) == decided(request(offer, signed=signed), record())


def test_without_credential_and_signature_there_is_silence():
    assert Silence("no_credential") == decided(request(Unusable.NOTHING, signed=False), record())


def test_a_service_that_asks_no_password_is_let_in_without():
    accept = decided(
        request(Unusable.NOTHING, signed=False), record(password_asked=False, password=None)
    )

    assert isinstance(accept, Accept)


def test_a_stranger_is_refused_only_while_the_database_is_there():
    assert Reject("unknown_user") == decided(request(), None)
    assert Silence("unknown_user_database_away") == decided(request(), None, database_present=False)


def test_a_known_user_is_served_while_the_database_is_away():
    assert isinstance(decided(request(), record(), database_present=False), Accept)


def test_a_password_that_does_not_open_is_our_fault_and_gets_silence():
    assert Silence("password_unreadable") == decided(request(), record(password=None))


def test_a_hash_cannot_answer_chap():
    hashed = StoredPassword(scheme="sha256", digest=bytes(32))

    assert Reject("password_form") == decided(
        request(Chap(1, bytes(16), b"c")), record(password=hashed)
    )


def test_no_access_is_refused_with_the_entitlements_own_reason():
    owes = entitled(access=Access.NONE, reasons=(Reason(code="hold_unpaid", text="owes"),))

    assert Reject("hold_unpaid") == decided(request(), record(owes))


def test_walled_is_an_accept_only_where_the_wall_is_tested():
    walled = entitled(access=Access.WALLED, reasons=(Reason(code="hold_unpaid", text="owes"),))
    tested = Nas(nas_id=1, tenant_id=1, name="bras", address="192.0.2.1", wall_tested=True)

    assert Reject("hold_unpaid") == decided(request(), record(walled))
    assert isinstance(decided(request(), record(walled), tested), Accept)


def test_what_the_database_still_owes_is_said():
    accept = decided(
        request(),
        record(entitled(on_limit=OnLimit.REJECT), awaited=(LeaseKind.IPV4,)),
    )

    assert (LeaseKind.IPV4,) == accept.awaited
    assert accept.counted


def test_a_name_that_is_no_text_is_refused():
    assert Reject("user_name_not_text") == decided(request(user_name=None), None)


def test_a_mac_names_the_service_only_where_no_persons_password_is_offered():
    mac = "AA-BB-CC-00-11-22"
    line = {"calling_station_id": mac, "circuit_id": "olt 1/1"}
    by_person = list(candidates(request(**line)))
    by_line = list(candidates(request(Unusable.NOTHING, **line)))
    by_name = list(candidates(request(user_name=mac)))

    assert [(IdentifierKind.LOGIN, "ann")] == by_person
    assert [
        (IdentifierKind.LOGIN, "ann"),
        (IdentifierKind.MAC, "aa:bb:cc:00:11:22"),
        (IdentifierKind.CIRCUIT_ID, "olt 1/1"),
    ] == by_line
    assert [
        (IdentifierKind.LOGIN, "aa-bb-cc-00-11-22"),
        (IdentifierKind.MAC, "aa:bb:cc:00:11:22"),
    ] == by_name


@pytest.mark.parametrize(
    ("policy", "seen", "required"),
    [
        (MessageAuthenticatorPolicy.LEARN, False, False),
        (MessageAuthenticatorPolicy.LEARN, True, True),
        (MessageAuthenticatorPolicy.REQUIRE, False, True),
        (MessageAuthenticatorPolicy.OPTIONAL, True, False),
    ],
)
def test_when_a_message_authenticator_is_required(policy, seen, required):
    nas = Nas(
        nas_id=1,
        tenant_id=1,
        name="bras",
        address="192.0.2.1",
        message_authenticator=policy,
        message_authenticator_seen=seen,
    )

    assert required == signature_required(nas)


def test_eap_teaches_nothing_about_signing():
    assert learns_signature(NAS, request())
    assert not learns_signature(NAS, request(signed=False))
    assert not learns_signature(NAS, request(Eap(b"\x02\x01\x00\x05\x01")))
