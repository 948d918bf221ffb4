"""The billing engine: pure functions of events, existing documents, policy and date.

- `invoicing.bill(account, through, policy)`: the documents that are due and do not exist
- `dunning.dunning_state(account, policy, as_of)`: where the debt stands
- `allocation.position(account, as_of)`: what is open, what is credit
- `allocation.allocate(sources, debts)`: which money pays which document
- `ledger.posting_of_document(document)`: the ledger transaction of a document
"""
