"""`tradepost verify`: holds the archive against the ledger, and the ledger against itself."""
