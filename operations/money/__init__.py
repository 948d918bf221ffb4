"""Money, as people and billingd move it: runs, documents, payments, dunning, the ledger.

The engine (`billing/`) decides; here its account is loaded, and what it decided is recorded. Every
writer of one subscriber's money locks the subscriber's row first, in id order.
"""
