"""Double entry, held by the database: each transaction sums to zero in every currency."""

from collections.abc import Iterator
from typing import Final

__all__ = ["statements"]

# It runs once per entry at COMMIT. As the owner: it must see all entries of the transaction,
# whatever the role that wrote them may see.
BALANCE_FUNCTION: Final = """\
CREATE FUNCTION hold_ledger_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    unbalanced record;
BEGIN
    SELECT currency, sum(amount) AS amount INTO unbalanced FROM ledger_entry
    WHERE ledger_transaction_id = NEW.ledger_transaction_id
    GROUP BY currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % is out of balance by % %',
            NEW.ledger_transaction_id, unbalanced.amount, unbalanced.currency
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$"""

BALANCE_TRIGGER: Final = """\
CREATE CONSTRAINT TRIGGER hold_ledger_balanced AFTER INSERT ON ledger_entry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_ledger_balanced()"""


def statements() -> Iterator[str]:
    """The function and its deferred constraint trigger."""
    yield BALANCE_FUNCTION
    yield BALANCE_TRIGGER
