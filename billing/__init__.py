"""The billing engine: pure functions of events, existing documents, policy and date.

    bill(account, through, policy)              the documents that are due and do not exist
    dunning_state(account, policy, as_of)       where the debt stands
    position(account, as_of)                    what is open, what is credit
    allocate(sources, debts)                    which money pays which document
    posting_of_document(document)               the ledger transaction of a document
"""
