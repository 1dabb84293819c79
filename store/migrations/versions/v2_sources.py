"""Files apart from statements, so that one statement can have several; refused files; references; checksums."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("root", sa.String, primary_key=True),
        sa.Column("file", sa.String, primary_key=True),
        sa.Column("file_sha256", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False, index=True),
        sa.Column("same_root", sa.String),
        sa.Column("same_file", sa.String),
        sa.Index("sources_same", "same_root", "same_file"),
    )
    op.execute(
        "INSERT INTO sources (root, file, file_sha256, digest) "
        "SELECT root, file, min(file_sha256), min(digest) FROM statements WHERE live GROUP BY root, file"
    )
    op.create_table(
        "refusals",
        sa.Column("root", sa.String, primary_key=True),
        sa.Column("file", sa.String, primary_key=True),
        sa.Column("member", sa.String, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.drop_column("statements", "file_sha256")
    op.drop_column("statements", "digest")
    op.add_column("statements", sa.Column("member", sa.String, nullable=False, server_default=""))
    op.add_column("statements", sa.Column("aligned", sa.Text))
    op.add_column("statements", sa.Column("refers_to", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("statements", sa.Column("checksum", sa.String))
    op.add_column("paragraphs", sa.Column("ocr", sa.Float))
