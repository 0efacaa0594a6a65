"""Adapters of JobQueue."""
