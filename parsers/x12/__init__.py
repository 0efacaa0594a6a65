"""ASC X12: delimiters, envelopes, the dictionary, and the walker that says exactly what is wrong."""
