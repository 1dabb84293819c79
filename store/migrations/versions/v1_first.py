"""The first released schema: settings, statements, paragraphs, chunks with vectors."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("settings", sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.Text))
    op.create_table(
        "statements",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("live", sa.Boolean, nullable=False, index=True),
        sa.Column("root", sa.String, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("file_sha256", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("base_code", sa.String, nullable=False, index=True),
        sa.Column("part", sa.String),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("original_language", sa.String),
        sa.Column("issued", sa.String),
        sa.Column("event_from", sa.String),
        sa.Column("event_to", sa.String),
        sa.Column("title", sa.Text),
        sa.Column("speaker", sa.Text),
        sa.Column("delegation", sa.Text),
        sa.Column("distribution", sa.String),
        sa.Column("meeting", sa.Text),
        sa.Column("code_made", sa.Boolean, nullable=False),
        sa.Column("doubts", sa.JSON, nullable=False),
        sa.Column("header_vector", sa.LargeBinary, nullable=False),
        sa.Index("statements_source", "root", "file"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "paragraphs",
        sa.Column("statement_id", sa.Integer, sa.ForeignKey("statements.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("label", sa.String),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("page", sa.Integer),
        sa.Column("heading", sa.Text),
        sa.Column("footnotes", sa.JSON, nullable=False),
        sa.Column("under", sa.String),
    )
    op.create_table(
        "chunks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "statement_id", sa.Integer, sa.ForeignKey("statements.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
