"""What is kept, and how it is found. Read `statements.py` first."""
