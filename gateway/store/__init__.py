"""The ledger: tables, transactions, and every query by name."""
