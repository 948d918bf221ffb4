"""The daemon's turns over tenants."""

import pytest

from billingd.daemon import each_or_last_resort
from operations.tenants import Tenant


def tenant(number: int) -> Tenant:
    return Tenant(
        tenant_id=number,
        name=f"isp{number}",
        zone="UTC",
        currency="USD",
        country=None,
        billing_from=None,
    )


async def test_a_tenant_whose_turn_fails_keeps_no_other_from_his():
    had = []

    async def work(owner: Tenant) -> None:
        had.append(owner.tenant_id)
        if owner.tenant_id == 1:
            raise RuntimeError("a document without a period")

    with pytest.raises(ExceptionGroup) as raised:
        await each_or_last_resort([tenant(n) for n in (1, 2, 3)], work)

    assert [1, 2, 3] == had
    assert [["tenant isp1"]] == [fault.__notes__ for fault in raised.value.exceptions]
