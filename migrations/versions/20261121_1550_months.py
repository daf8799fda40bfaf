"""the kept sums of months, added up from those of the days

Revision: 0008_months
After: 0007_told
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0008_months'
down_revision = '0007_told'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MONTH = {'sqlite': "date(day, 'start of month')", 'other': "DATE(day - INTERVAL (DAYOFMONTH(day) - 1) DAY)"}


def upgrade():
    op.create_table('metric_monthly',
    sa.Column('metric_monthly_id', KEY, nullable=False),
    sa.Column('metric', sa.String(length=24), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('doctor_number', KEY, nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("`metric` IN ('visits', 'booked', 'no shows', 'cancelled', 'new patients', 'production', 'invoiced', 'adjusted', 'paid', 'refunded', 'spent', 'booked minutes', 'shift minutes')", name=op.f('ck_metric_monthly_metric')),
    sa.PrimaryKeyConstraint('metric_monthly_id', name=op.f('pk_metric_monthly')),
    sa.UniqueConstraint('metric', 'month', 'doctor_number', name=op.f('uq_metric_monthly_metric_month_doctor_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_metric_monthly_month'), 'metric_monthly', ['month'])
    op.create_index(op.f('ix_metric_monthly_metric_month_doctor_number_value'), 'metric_monthly', ['metric', 'month', 'doctor_number', 'value'])
    month = MONTH.get(op.get_bind().dialect.name, MONTH['other'])
    op.execute(
        "INSERT INTO metric_monthly (metric, month, doctor_number, value, created_at, updated_at) "
        f"SELECT metric, {month}, doctor_number, SUM(value), MAX(updated_at), MAX(updated_at) FROM metric_daily "
        f"GROUP BY metric, {month}, doctor_number HAVING SUM(value) <> 0"
    )


def downgrade():
    op.drop_table('metric_monthly')
