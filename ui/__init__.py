"""Ways in: command line, HTTP, chat. Read `wiring.py` first."""
