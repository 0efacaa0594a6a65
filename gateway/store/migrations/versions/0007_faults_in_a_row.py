"""How often in a row a fault put a task back"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ADD COLUMN on both databases: a node of before goes on without them.
    op.add_column('task', sa.Column('fault', sqlmodel.sql.sqltypes.AutoString(length=63), nullable=True))
    op.add_column('task', sa.Column('faults', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    op.drop_column('task', 'faults')
    op.drop_column('task', 'fault')
