"""The ledger's schema, step by step. `gateway.store.schema` runs them."""
