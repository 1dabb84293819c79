"""Run by Alembic itself: the steps go over the connection that the registry hands in, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
context.run_migrations()
