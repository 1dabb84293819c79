"""A question becomes a checked answer. Read `assistant.py` first."""
