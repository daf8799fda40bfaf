"""what scheduling needs beyond a single visit: patterns, series, waitlist, recalls, steps of a plan, sterile packages

Revision: 0009_scheduling
After: 0008_months
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0009_scheduling'
down_revision = '0008_months'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _ascii(length):
    text = mysql.VARCHAR(length=length, charset='ascii', collation='ascii_bin')
    return sa.String(length=length).with_variant(text, 'mysql', 'mariadb')


def upgrade():
    op.create_table('sterilisation_cycle',
    sa.Column('sterilisation_cycle_id', KEY, nullable=False),
    sa.Column('autoclave', sa.String(length=60), nullable=False),
    sa.Column('program', sa.String(length=60), nullable=False),
    sa.Column('started_at', MOMENT, nullable=False),
    sa.Column('result', sa.String(length=24), nullable=True),
    sa.Column('indicator', sa.String(length=60), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("`result` IN ('pass', 'fail')", name=op.f('ck_sterilisation_cycle_result')),
    sa.PrimaryKeyConstraint('sterilisation_cycle_id', name=op.f('pk_sterilisation_cycle')),
    sa.UniqueConstraint('autoclave', 'started_at', name=op.f('uq_sterilisation_cycle_autoclave_started_at')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_sterilisation_cycle_result_started_at'), 'sterilisation_cycle', ['result', 'started_at'])
    op.create_index(op.f('ix_sterilisation_cycle_started_at'), 'sterilisation_cycle', ['started_at'])


    op.create_table('sterile_package',
    sa.Column('sterile_package_id', KEY, nullable=False),
    sa.Column('number', _ascii(24), nullable=False),
    sa.Column('sterilisation_cycle_id', KEY, nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['sterilisation_cycle_id'], ['sterilisation_cycle.sterilisation_cycle_id'], name=op.f('fk_sterile_package_sterilisation_cycle_id')),
    sa.PrimaryKeyConstraint('sterile_package_id', name=op.f('pk_sterile_package')),
    sa.UniqueConstraint('number', name=op.f('uq_sterile_package_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_sterile_package_expires_on'), 'sterile_package', ['expires_on'])
    op.create_index(op.f('ix_sterile_package_sterilisation_cycle_id'), 'sterile_package', ['sterilisation_cycle_id'])


    op.create_table('shift_pattern',
    sa.Column('shift_pattern_id', KEY, nullable=False),
    sa.Column('employee_id', KEY, nullable=False),
    sa.Column('weekday', sa.SmallInteger(), nullable=False),
    sa.Column('start_time', sa.Time(), nullable=False),
    sa.Column('end_time', sa.Time(), nullable=False),
    sa.Column('chair_id', KEY, nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('generated_until', sa.Date(), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint('end_time > start_time', name=op.f('ck_shift_pattern_ends_after_start')),
    sa.CheckConstraint('valid_until IS NULL OR valid_until >= valid_from', name=op.f('ck_shift_pattern_valid_until_after_from')),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6', name=op.f('ck_shift_pattern_weekday_range')),
    sa.ForeignKeyConstraint(['chair_id'], ['chair.chair_id'], name=op.f('fk_shift_pattern_chair_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.employee_id'], name=op.f('fk_shift_pattern_employee_id')),
    sa.PrimaryKeyConstraint('shift_pattern_id', name=op.f('pk_shift_pattern')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_shift_pattern_employee_id_weekday'), 'shift_pattern', ['employee_id', 'weekday'])


    op.create_table('appointment_series',
    sa.Column('appointment_series_id', KEY, nullable=False),
    sa.Column('patient_id', KEY, nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=255), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['made_by'], ['ab_user.id'], name=op.f('fk_appointment_series_made_by')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_appointment_series_patient_id')),
    sa.PrimaryKeyConstraint('appointment_series_id', name=op.f('pk_appointment_series')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_appointment_series_patient_id'), 'appointment_series', ['patient_id'])


    op.create_table('waitlist_entry',
    sa.Column('waitlist_entry_id', KEY, nullable=False),
    sa.Column('patient_id', KEY, nullable=False),
    sa.Column('doctor_id', KEY, nullable=True),
    sa.Column('service_id', KEY, nullable=True),
    sa.Column('minutes', sa.SmallInteger(), nullable=True),
    sa.Column('earliest', sa.Date(), nullable=False),
    sa.Column('latest', sa.Date(), nullable=True),
    sa.Column('weekdays', _ascii(7), nullable=False),
    sa.Column('time_from', sa.Time(), nullable=True),
    sa.Column('time_until', sa.Time(), nullable=True),
    sa.Column('priority', sa.String(length=24), nullable=False),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('offered_at', MOMENT, nullable=True),
    sa.Column('offered_by', sa.Integer(), nullable=True),
    sa.Column('offered_start_at', MOMENT, nullable=True),
    sa.Column('offered_doctor_id', KEY, nullable=True),
    sa.Column('offered_chair_id', KEY, nullable=True),
    sa.Column('declined', sa.JSON(), nullable=False),
    sa.Column('appointment_id', KEY, nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("`priority` IN ('high', 'medium', 'low')", name=op.f('ck_waitlist_entry_priority')),
    sa.CheckConstraint("`status` IN ('waiting', 'offered', 'booked', 'dropped')", name=op.f('ck_waitlist_entry_status')),
    sa.CheckConstraint('latest IS NULL OR latest >= earliest', name=op.f('ck_waitlist_entry_latest_after_earliest')),
    sa.CheckConstraint('minutes IS NULL OR minutes BETWEEN 5 AND 720', name=op.f('ck_waitlist_entry_minutes_range')),
    sa.CheckConstraint('time_until IS NULL OR time_from IS NULL OR time_until > time_from', name=op.f('ck_waitlist_entry_ends_after_start')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_waitlist_entry_appointment_id')),
    sa.ForeignKeyConstraint(['doctor_id'], ['employee.employee_id'], name=op.f('fk_waitlist_entry_doctor_id')),
    sa.ForeignKeyConstraint(['offered_by'], ['ab_user.id'], name=op.f('fk_waitlist_entry_offered_by')),
    sa.ForeignKeyConstraint(['offered_chair_id'], ['chair.chair_id'], name=op.f('fk_waitlist_entry_offered_chair_id')),
    sa.ForeignKeyConstraint(['offered_doctor_id'], ['employee.employee_id'], name=op.f('fk_waitlist_entry_offered_doctor_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_waitlist_entry_patient_id')),
    sa.ForeignKeyConstraint(['service_id'], ['service_catalog.service_id'], name=op.f('fk_waitlist_entry_service_id')),
    sa.PrimaryKeyConstraint('waitlist_entry_id', name=op.f('pk_waitlist_entry')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_waitlist_entry_doctor_id'), 'waitlist_entry', ['doctor_id'])
    op.create_index(op.f('ix_waitlist_entry_patient_id'), 'waitlist_entry', ['patient_id'])
    op.create_index(op.f('ix_waitlist_entry_status_priority_created_at'), 'waitlist_entry', ['status', 'priority', 'created_at'])


    op.create_table('recall',
    sa.Column('recall_id', KEY, nullable=False),
    sa.Column('patient_id', KEY, nullable=False),
    sa.Column('service_id', KEY, nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('is_due_by_hand', sa.Boolean(), nullable=False),
    sa.Column('treatment_id', KEY, nullable=True),
    sa.Column('do_not_contact_until', sa.Date(), nullable=True),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('appointment_id', KEY, nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("`status` IN ('due', 'contacted', 'booked', 'declined', 'done')", name=op.f('ck_recall_status')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_recall_appointment_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_recall_patient_id')),
    sa.ForeignKeyConstraint(['service_id'], ['service_catalog.service_id'], name=op.f('fk_recall_service_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_recall_treatment_id')),
    sa.PrimaryKeyConstraint('recall_id', name=op.f('pk_recall')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_recall_appointment_id'), 'recall', ['appointment_id'])
    op.create_index(op.f('ix_recall_due_on'), 'recall', ['due_on'])
    op.create_index(op.f('ix_recall_patient_id_due_on'), 'recall', ['patient_id', 'due_on'])
    op.create_index(op.f('ix_recall_status_due_on'), 'recall', ['status', 'due_on'])
    op.create_index(op.f('ix_recall_treatment_id'), 'recall', ['treatment_id'])


    op.create_table('treatment_sterile_package',
    sa.Column('treatment_sterile_package_id', KEY, nullable=False),
    sa.Column('treatment_id', KEY, nullable=False),
    sa.Column('sterile_package_id', KEY, nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['sterile_package_id'], ['sterile_package.sterile_package_id'], name=op.f('fk_treatment_sterile_package_sterile_package_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_treatment_sterile_package_treatment_id')),
    sa.PrimaryKeyConstraint('treatment_sterile_package_id', name=op.f('pk_treatment_sterile_package')),
    sa.UniqueConstraint('sterile_package_id', name=op.f('uq_treatment_sterile_package_sterile_package_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_treatment_sterile_package_treatment_id'), 'treatment_sterile_package', ['treatment_id'])


    op.create_table('recall_contact',
    sa.Column('recall_contact_id', KEY, nullable=False),
    sa.Column('recall_id', KEY, nullable=False),
    sa.Column('contacted_at', MOMENT, nullable=False),
    sa.Column('how', sa.String(length=24), nullable=False),
    sa.Column('by', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=24), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("`how` IN ('phone', 'sms', 'email', 'in person')", name=op.f('ck_recall_contact_how')),
    sa.CheckConstraint("`outcome` IN ('not reached', 'call back', 'booked', 'declined', 'wrong number')", name=op.f('ck_recall_contact_outcome')),
    sa.ForeignKeyConstraint(['by'], ['ab_user.id'], name=op.f('fk_recall_contact_by')),
    sa.ForeignKeyConstraint(['recall_id'], ['recall.recall_id'], name=op.f('fk_recall_contact_recall_id')),
    sa.PrimaryKeyConstraint('recall_contact_id', name=op.f('pk_recall_contact')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_recall_contact_contacted_at'), 'recall_contact', ['contacted_at'])
    op.create_index(op.f('ix_recall_contact_recall_id_contacted_at'), 'recall_contact', ['recall_id', 'contacted_at'])


    op.create_table('planned_step',
    sa.Column('planned_step_id', KEY, nullable=False),
    sa.Column('planned_procedure_id', KEY, nullable=False),
    sa.Column('step', sa.SmallInteger(), nullable=False),
    sa.Column('minutes', sa.SmallInteger(), nullable=False),
    sa.Column('visit_number', sa.SmallInteger(), nullable=True),
    sa.Column('appointment_id', KEY, nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint('minutes > 0', name=op.f('ck_planned_step_minutes_positive')),
    sa.CheckConstraint('step BETWEEN 1 AND 2', name=op.f('ck_planned_step_step_range')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_planned_step_appointment_id')),
    sa.ForeignKeyConstraint(['planned_procedure_id'], ['planned_procedure.planned_procedure_id'], name=op.f('fk_planned_step_planned_procedure_id')),
    sa.PrimaryKeyConstraint('planned_step_id', name=op.f('pk_planned_step')),
    sa.UniqueConstraint('planned_procedure_id', 'step', name=op.f('uq_planned_step_planned_procedure_id_step')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_planned_step_appointment_id'), 'planned_step', ['appointment_id'])
    _lay_out_steps()
    _add_reference('appointment', 'series_id', 'appointment_series', 'appointment_series_id')
    op.create_index(op.f('ix_appointment_series_id_start_at'), 'appointment', ['series_id', 'start_at'])
    _add_reference('shift', 'shift_pattern_id', 'shift_pattern', 'shift_pattern_id')
    op.create_index(op.f('ix_shift_shift_pattern_id'), 'shift', ['shift_pattern_id'])
    _add_rooms()


def _lay_out_steps():
    """Plans that were accepted before have their steps too."""
    for step, minutes, where in (('1', 'default_duration_time', ''), ('2', 'fitting_minutes', ' AND s.fitting_minutes IS NOT NULL')):
        op.execute(
            'INSERT INTO planned_step (planned_procedure_id, step, minutes, created_at, updated_at)'
            f' SELECT p.planned_procedure_id, {step}, s.{minutes}, p.updated_at, p.updated_at FROM planned_procedure p'
            ' JOIN treatment_plan t ON t.treatment_plan_id = p.treatment_plan_id'
            ' JOIN service_catalog s ON s.service_id = p.service_id'
            f" WHERE t.status IN ('accepted', 'in progress', 'completed'){where}"
        )


def downgrade():
    op.drop_index('ix_room_allocation_seat', 'room_allocation')
    op.drop_column('room_allocation', 'seat')
    op.drop_column('room', 'status_reason')
    op.drop_column('room', 'status_at')
    _drop_reference('shift', 'shift_pattern_id', 'ix_shift_shift_pattern_id')
    _drop_reference('appointment', 'series_id', 'ix_appointment_series_id_start_at')
    op.drop_table('planned_step')
    op.drop_table('recall_contact')
    op.drop_table('treatment_sterile_package')
    op.drop_table('recall')
    op.drop_table('waitlist_entry')
    op.drop_table('appointment_series')
    op.drop_table('shift_pattern')
    op.drop_table('sterile_package')
    op.drop_table('sterilisation_cycle')


def _add_rooms():
    """Since when and why a room stands as it does; one person in a chair at a time, of those who were forgotten in
    one only the last.
    """
    op.add_column('room', sa.Column('status_at', MOMENT, nullable=True))
    op.add_column('room', sa.Column('status_reason', sa.String(length=255), nullable=True))
    later = (
        'SELECT one.room_allocation_id FROM room_allocation AS one JOIN room_allocation AS other '
        'ON other.chair_id = one.chair_id AND other.until IS NULL '
        'AND other.room_allocation_id > one.room_allocation_id WHERE one.until IS NULL'
    )
    op.execute(
        'UPDATE room_allocation SET until = `from` '
        f'WHERE room_allocation_id IN (SELECT room_allocation_id FROM ({later}) AS forgotten)'
    )
    seat = sa.Computed('CASE WHEN until IS NULL THEN chair_id END', persisted=False)
    op.add_column('room_allocation', sa.Column('seat', KEY, seat, nullable=True))
    op.create_index(op.f('ix_room_allocation_seat'), 'room_allocation', ['seat'], unique=True)


def _add_reference(table, column, target, key):
    """A column that refers to a row; SQLite adds it in place, so that a large table isn't copied."""
    name = f'fk_{table}_{column}'
    if _is_sqlite():
        op.execute(f'ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} ({key})')
    else:
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_foreign_key(name, table, target, [column], [key])


def _drop_reference(table, column, index):
    if not _is_sqlite():
        op.drop_constraint(f'fk_{table}_{column}', table, type_='foreignkey')
    op.drop_index(index, table)
    op.drop_column(table, column)


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'
