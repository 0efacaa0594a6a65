"""The world beyond: ERPs, partners' stores, schedules. No database."""
