"""Every page, as an operator sees it."""

import pytest

from tests.support.web_provider import DEBTOR, PAYER


@pytest.mark.parametrize(
    "path", ["/subscribers", f"/subscribers/{PAYER}", f"/subscribers/{DEBTOR}", "/sessions"]
)
async def test_every_page_is_there(ann, path):
    answer = await ann.get(path)

    assert 200 == answer.status_code
