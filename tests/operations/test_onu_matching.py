"""Matching ONUs with services: only what is certain is proposed."""

from typing import Any

import pytest

from operations.onu_matching import LinkableOnu, LinkableService, MatchBy, match


def onu(number: int = 1, **columns: Any) -> LinkableOnu:
    there = {
        "onu_id": number,
        "serial": f"HWTC0000000{number}",
        "device_names": ("olt1", "OLT-North"),
        "port": "0/1/3",
        "onu_index": number,
        "description": None,
    }
    return LinkableOnu(**there | columns)


def service(number: int = 1, **columns: Any) -> LinkableService:
    there = {
        "service_id": number,
        "subscriber_id": number,
        "login": f"line{number}@example.net",
        "subscriber": f"S-{number}",
        "onu_serial": None,
        "linked_serial": None,
        "circuit_ids": (),
    }
    return LinkableService(**there | columns)


def linked(onus: list[LinkableOnu], services: list[LinkableService], by: MatchBy) -> Any:
    return [(one.onu.onu_id, one.service.service_id) for one in match(onus, services, by).matches]


def doubts(onus: list[LinkableOnu], services: list[LinkableService], by: MatchBy) -> Any:
    return [one.reason for one in match(onus, services, by).doubts]


def test_by_the_serial_that_was_sold():
    services = [service(1, onu_serial="HWTC00000002"), service(2)]

    assert [(2, 1)] == linked([onu(1), onu(2)], services, MatchBy.SERIAL)


@pytest.mark.parametrize(
    "description",
    [
        "line1@example.net",
        " LINE1@example.net ",
        "S-1",
        "Ann Adler, line1@example.net",
        "flat 3 (s-1)",
    ],
)
def test_by_a_login_or_a_reference_in_the_description(description: str):
    services = [service(1), service(2)]

    assert [(1, 1)] == linked([onu(description=description)], services, MatchBy.DESCRIPTION)


@pytest.mark.parametrize("description", [None, "", "line10@example.net", "S-11", "xS-1"])
def test_a_description_that_only_resembles_matches_nothing(description: str | None):
    assert [] == linked([onu(description=description)], [service()], MatchBy.DESCRIPTION)


def test_a_reference_of_two_services_is_a_doubt():
    services = [service(1, subscriber="S-1"), service(2, subscriber="S-1")]

    assert ["several services match"] == doubts(
        [onu(description="S-1")], services, MatchBy.DESCRIPTION
    )


def test_two_onus_that_name_one_service_are_doubts():
    onus = [onu(1, description="S-1"), onu(2, description="S-1")]

    assert [] == linked(onus, [service()], MatchBy.DESCRIPTION)
    assert [
        "line1@example.net matches HWTC00000002 too",
        "line1@example.net matches HWTC00000001 too",
    ] == doubts(onus, [service()], MatchBy.DESCRIPTION)


@pytest.mark.parametrize("column", ["linked_serial", "onu_serial"])
def test_a_service_that_has_another_onu_keeps_it(column: str):
    services = [service(**{column: "HWTC000000FF"})]

    assert ["line1@example.net has the ONU HWTC000000FF"] == doubts(
        [onu(description="S-1")], services, MatchBy.DESCRIPTION
    )


@pytest.mark.parametrize(
    "circuit_id",
    [
        "olt1 xpon 0/1/3:7.1.100",
        "OLT-NORTH xpon 0/1/3/7",
        "OLT-North/0/1/3:7",
        "area2 olt1 eth 0/1/3.7",
        "gpon 0/9/9:1 HWTC-00000007",
        "line/4857544300000007",
    ],
)
def test_by_the_circuit_id_that_radius_saw(circuit_id: str):
    onus = [onu(1), onu(7), onu(8, port="0/1/4", onu_index=7)]

    assert [(7, 1)] == linked(onus, [service(circuit_ids=(circuit_id,))], MatchBy.CIRCUIT_ID)


@pytest.mark.parametrize(
    "circuit_id", ["olt10 xpon 0/1/3:7", "myolt1 xpon 0/1/3:7", "olt1 xpon 0/1/3:70", "0/1/3:7"]
)
def test_a_circuit_id_of_another_place_matches_nothing(circuit_id: str):
    assert [] == linked([onu(7)], [service(circuit_ids=(circuit_id,))], MatchBy.CIRCUIT_ID)


def test_a_port_is_told_from_its_vendors_words():
    zte = onu(7, port="gpon_1/2/3", device_names=("zte1",))

    assert [(7, 1)] == linked(
        [zte], [service(circuit_ids=("zte1 pon 1/2/3:7",))], MatchBy.CIRCUIT_ID
    )
