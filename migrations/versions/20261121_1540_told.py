"""what the next page says is kept with the session

Revision: 0007_told
After: 0006_seal
"""

import sqlalchemy as sa
from alembic import op

revision = '0007_told'
down_revision = '0006_seal'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('session_token', sa.Column('told', sa.JSON(none_as_null=True), nullable=True))


def downgrade():
    op.drop_column('session_token', 'told')
