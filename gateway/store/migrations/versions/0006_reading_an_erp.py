"""Reading an ERP: cursors, and what its records said"""

import gateway.store.columns
import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('erp_cursor',
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=63), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=63), nullable=False),
    sa.Column('version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('record', sa.BigInteger(), nullable=False),
    sa.Column('read_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('channel', 'source')
    )
    op.create_table('erp_record',
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=63), nullable=False),
    sa.Column('record', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'record')
    )


def downgrade() -> None:
    op.drop_table('erp_record')
    op.drop_table('erp_cursor')
