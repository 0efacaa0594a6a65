"""Mappings: how a canonical document becomes what a far end wants, written down as data."""
