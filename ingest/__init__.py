"""A file becomes searchable. Read `pipeline.py` first."""
