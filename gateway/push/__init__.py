"""The door for canonical JSON over HTTP."""
