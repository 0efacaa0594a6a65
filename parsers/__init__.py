"""Bytes in, documents and findings out. Knows no partner, no clock, no network, no database."""
