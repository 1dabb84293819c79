"""The registry's schema, version by version, for Alembic. `versions/` holds one step a file; none is ever changed."""
