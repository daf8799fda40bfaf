"""every table

Revision: 0002_every_table
After: 0001_first_release
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0002_every_table'
down_revision = '0001_first_release'
branch_labels = None
depends_on = None

TABLES = [
    'planned_procedure',
    'lab_result',
    'treatment_plan',
    'soap_note',
    'sms',
    'odontogram_snapshot',
    'medical_file',
    'lab_request',
    'room_allocation',
    'message',
    'notification',
    'expense',
    'stored_file',
    'inventory_log',
    'call',
    'supplier',
    'metric_daily',
    'message_template',
    'lab',
    'inventory_item',
    'expense_category',
]
# what reports read of tables that are there already
REPORTED = [
    ('ix_invoice_voided_at', 'invoice', ['voided_at']),
    ('ix_invoice_adjustment_created_at', 'invoice_adjustment', ['created_at']),
    ('ix_refund_created_at', 'refund', ['created_at']),
    ('ix_payment_received_at_method_amount', 'payment', ['received_at', 'method', 'amount']),
    (
        'ix_treatment_item_report',
        'treatment_item',
        ['created_at', 'service_id', 'performed_by', 'outcome', 'quantity', 'unit_price', 'discount'],
    ),
]
_PARTS = """
    SELECT 'treatment' AS kind, treatment_id AS row_key, patient_id, treatment_date AS at, treatment_id,
        doctor_id AS employee_id, %(nothing)s AS tooth_id, visit_type AS code, chief_complaint AS detail
    FROM treatment
    UNION ALL
    SELECT 'diagnosis', d.treatment_diagnosis_id, t.patient_id, t.treatment_date, d.treatment_id,
        t.doctor_id, d.tooth_id, c.code, d.note
    FROM treatment_diagnosis d JOIN treatment t ON t.treatment_id = d.treatment_id
        JOIN diagnosis_code c ON c.diagnosis_code_id = d.diagnosis_code_id
    UNION ALL
    SELECT 'note', n.soap_note_id, t.patient_id, n.created_at, n.treatment_id, t.doctor_id, %(nothing)s,
        CASE WHEN n.signed_at IS NULL THEN 'draft' ELSE 'signed' END, n.assessment
    FROM soap_note n JOIN treatment t ON t.treatment_id = n.treatment_id
    UNION ALL
    SELECT 'finding', tooth_finding_id, patient_id, %(noted)s, treatment_id, noted_by, tooth_id, `condition`, surfaces
    FROM tooth_finding
    UNION ALL
    SELECT 'prescription', prescription_id, patient_id, COALESCE(issued_at, created_at), treatment_id, doctor_id,
        %(nothing)s, status, note
    FROM prescription
    UNION ALL
    SELECT 'file', medical_file_id, patient_id, %(taken)s, treatment_id, %(nothing)s, tooth_id, category, title
    FROM medical_file
"""
_SQLITE = {
    'nothing': 'NULL',
    'noted': "noted_on || ' 00:00:00.000000'",
    'taken': "taken_on || ' 00:00:00.000000'",
}
_MARIADB = {
    'nothing': 'CAST(NULL AS SIGNED)',
    'noted': 'CAST(noted_on AS DATETIME(6))',
    'taken': 'CAST(taken_on AS DATETIME(6))',
}


def upgrade():
    op.create_table('expense_category',
    sa.Column('expense_category_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name_mn', sa.String(length=80), nullable=False),
    sa.Column('name_en', sa.String(length=80), nullable=False),
    sa.Column('monthly_budget', sa.BigInteger(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('monthly_budget IS NULL OR monthly_budget >= 0', name=op.f('ck_expense_category_monthly_budget_not_negative')),
    sa.PrimaryKeyConstraint('expense_category_id', name=op.f('pk_expense_category')),
    sa.UniqueConstraint('name_mn', name=op.f('uq_expense_category_name_mn')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('inventory_item',
    sa.Column('inventory_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name_mn', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.Column('sku', sa.String(length=40).with_variant(mysql.VARCHAR(length=40, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('category', sa.String(length=24), nullable=False),
    sa.Column('unit', sa.String(length=24), nullable=False),
    sa.Column('minimum_stock', sa.Integer(), nullable=False),
    sa.Column('reorder_quantity', sa.Integer(), nullable=False),
    sa.Column('cost', sa.BigInteger(), nullable=False),
    sa.Column('on_hand', sa.Integer(), nullable=False),
    sa.Column('low_notified_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('is_equipment', sa.Boolean(), nullable=False),
    sa.Column('location', sa.String(length=80), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`category` IN ('consumable', 'anaesthetic', 'filling', 'endodontic', 'prosthetic', 'orthodontic', 'surgical', 'hygiene', 'instrument', 'equipment', 'medicine', 'office', 'other')", name=op.f('ck_inventory_item_category')),
    sa.CheckConstraint("`unit` IN ('piece', 'box', 'pack', 'bottle', 'tube', 'syringe', 'ampoule', 'capsule', 'pair', 'roll', 'set', 'ml', 'g')", name=op.f('ck_inventory_item_unit')),
    sa.CheckConstraint('cost >= 0', name=op.f('ck_inventory_item_cost_not_negative')),
    sa.CheckConstraint('minimum_stock >= 0', name=op.f('ck_inventory_item_minimum_stock_not_negative')),
    sa.CheckConstraint('on_hand >= 0', name=op.f('ck_inventory_item_on_hand_not_negative')),
    sa.CheckConstraint('reorder_quantity >= 0', name=op.f('ck_inventory_item_reorder_quantity_not_negative')),
    sa.PrimaryKeyConstraint('inventory_item_id', name=op.f('pk_inventory_item')),
    sa.UniqueConstraint('sku', name=op.f('uq_inventory_item_sku')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_inventory_item_category'), 'inventory_item', ['category'])
    op.create_index(op.f('ix_inventory_item_name_mn'), 'inventory_item', ['name_mn'])

    op.create_table('lab',
    sa.Column('lab_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('phones', sa.String(length=80), nullable=True),
    sa.Column('email', sa.String(length=255), nullable=True),
    sa.Column('working_days', sa.SmallInteger(), nullable=False),
    sa.Column('turnaround_note', sa.Text(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('working_days BETWEEN 0 AND 365', name=op.f('ck_lab_working_days_range')),
    sa.PrimaryKeyConstraint('lab_id', name=op.f('pk_lab')),
    sa.UniqueConstraint('name', name=op.f('uq_lab_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('message_template',
    sa.Column('message_template_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=60).with_variant(mysql.VARCHAR(length=60, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('variant', sa.String(length=24), nullable=False),
    sa.Column('weight', sa.SmallInteger(), nullable=False),
    sa.Column('channel', sa.String(length=24), nullable=False),
    sa.Column('subject_mn', sa.String(length=160), nullable=True),
    sa.Column('subject_en', sa.String(length=160), nullable=True),
    sa.Column('body_mn', sa.Text(), nullable=False),
    sa.Column('body_en', sa.Text(), nullable=False),
    sa.Column('latin', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`channel` IN ('sms', 'email')", name=op.f('ck_message_template_channel')),
    sa.CheckConstraint("`variant` IN ('A', 'B')", name=op.f('ck_message_template_variant')),
    sa.CheckConstraint('weight BETWEEN 0 AND 100', name=op.f('ck_message_template_weight_range')),
    sa.PrimaryKeyConstraint('message_template_id', name=op.f('pk_message_template')),
    sa.UniqueConstraint('code', 'variant', name=op.f('uq_message_template_code_variant')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('metric_daily',
    sa.Column('metric_daily_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('metric', sa.String(length=24), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('doctor_number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`metric` IN ('visits', 'booked', 'no shows', 'cancelled', 'new patients', 'production', 'invoiced', 'adjusted', 'paid', 'refunded', 'spent', 'booked minutes', 'shift minutes')", name=op.f('ck_metric_daily_metric')),
    sa.PrimaryKeyConstraint('metric_daily_id', name=op.f('pk_metric_daily')),
    sa.UniqueConstraint('metric', 'day', 'doctor_number', name=op.f('uq_metric_daily_metric_day_doctor_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_metric_daily_day'), 'metric_daily', ['day'])
    op.create_index(op.f('ix_metric_daily_metric_day_doctor_number_value'), 'metric_daily', ['metric', 'day', 'doctor_number', 'value'])

    op.create_table('supplier',
    sa.Column('supplier_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=32), nullable=True),
    sa.Column('email', sa.String(length=255), nullable=True),
    sa.Column('register_number', sa.String(length=20), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.PrimaryKeyConstraint('supplier_id', name=op.f('pk_supplier')),
    sa.UniqueConstraint('name', name=op.f('uq_supplier_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('call',
    sa.Column('call_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phone_number', sa.String(length=32), nullable=False),
    sa.Column('direction', sa.SmallInteger(), nullable=False),
    sa.Column('begin_call', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('end_call', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('contact_type', sa.SmallInteger(), nullable=False),
    sa.Column('contacter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('taken_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('`contact_type` IN (0, 1, 2)', name=op.f('ck_call_contact_type')),
    sa.CheckConstraint('`direction` IN (0, 1)', name=op.f('ck_call_direction')),
    sa.CheckConstraint('end_call IS NULL OR end_call >= begin_call', name=op.f('ck_call_ends_after_start')),
    sa.ForeignKeyConstraint(['taken_by'], ['ab_user.id'], name=op.f('fk_call_taken_by')),
    sa.PrimaryKeyConstraint('call_id', name=op.f('pk_call')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_call_begin_call'), 'call', ['begin_call'])
    op.create_index(op.f('ix_call_contact_type_contacter_id'), 'call', ['contact_type', 'contacter_id'])
    op.create_index(op.f('ix_call_phone_number_begin_call'), 'call', ['phone_number', 'begin_call'])

    op.create_table('inventory_log',
    sa.Column('inventory_log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('inventory_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('cost', sa.BigInteger(), nullable=False),
    sa.Column('supplier_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('by', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=True),
    sa.Column('idempotency_key', sa.String(length=80).with_variant(mysql.VARCHAR(length=80, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('received', 'used', 'returned', 'adjusted', 'expired', 'lost')", name=op.f('ck_inventory_log_kind')),
    sa.CheckConstraint('quantity <> 0', name=op.f('ck_inventory_log_quantity_not_zero')),
    sa.ForeignKeyConstraint(['by'], ['ab_user.id'], name=op.f('fk_inventory_log_by')),
    sa.ForeignKeyConstraint(['inventory_item_id'], ['inventory_item.inventory_item_id'], name=op.f('fk_inventory_log_inventory_item_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.supplier_id'], name=op.f('fk_inventory_log_supplier_id')),
    sa.PrimaryKeyConstraint('inventory_log_id', name=op.f('pk_inventory_log')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_inventory_log_idempotency_key')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_inventory_log_created_at'), 'inventory_log', ['created_at'])
    op.create_index(op.f('ix_inventory_log_inventory_item_id_created_at'), 'inventory_log', ['inventory_item_id', 'created_at'])

    op.create_table('stored_file',
    sa.Column('stored_file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('original_name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=120).with_variant(mysql.VARCHAR(length=120, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('bytes', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('uploaded_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('bytes >= 0', name=op.f('ck_stored_file_bytes_not_negative')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['ab_user.id'], name=op.f('fk_stored_file_uploaded_by')),
    sa.PrimaryKeyConstraint('stored_file_id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('key', name=op.f('uq_stored_file_key')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('expense',
    sa.Column('expense_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('expense_category_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('spent_on', sa.Date(), nullable=False),
    sa.Column('supplier_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('method', sa.String(length=24), nullable=False),
    sa.Column('reference', sa.String(length=80), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('stored_file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`method` IN ('cash', 'card', 'bank transfer', 'other')", name=op.f('ck_expense_method')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_expense_amount_positive')),
    sa.ForeignKeyConstraint(['approved_by'], ['ab_user.id'], name=op.f('fk_expense_approved_by')),
    sa.ForeignKeyConstraint(['expense_category_id'], ['expense_category.expense_category_id'], name=op.f('fk_expense_expense_category_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['ab_user.id'], name=op.f('fk_expense_recorded_by')),
    sa.ForeignKeyConstraint(['stored_file_id'], ['stored_file.stored_file_id'], name=op.f('fk_expense_stored_file_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.supplier_id'], name=op.f('fk_expense_supplier_id')),
    sa.PrimaryKeyConstraint('expense_id', name=op.f('pk_expense')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_expense_expense_category_id_spent_on'), 'expense', ['expense_category_id', 'spent_on'])
    op.create_index(op.f('ix_expense_spent_on'), 'expense', ['spent_on'])
    op.create_index(op.f('ix_expense_supplier_id'), 'expense', ['supplier_id'])

    op.create_table('notification',
    sa.Column('notification_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('role', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('text', sa.JSON(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('link', sa.String(length=255), nullable=True),
    sa.Column('read_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('read_by', sa.Integer(), nullable=True),
    sa.Column('dedupe_key', sa.String(length=120).with_variant(mysql.VARCHAR(length=120, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('user_id IS NOT NULL OR patient_id IS NOT NULL OR role IS NOT NULL', name=op.f('ck_notification_for_somebody')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_notification_patient_id')),
    sa.ForeignKeyConstraint(['read_by'], ['ab_user.id'], name=op.f('fk_notification_read_by')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_notification_user_id')),
    sa.PrimaryKeyConstraint('notification_id', name=op.f('pk_notification')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_notification_dedupe_key')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_notification_patient_id_read_at'), 'notification', ['patient_id', 'read_at'])
    op.create_index(op.f('ix_notification_role_created_at'), 'notification', ['role', 'created_at'])
    op.create_index(op.f('ix_notification_user_id_read_at'), 'notification', ['user_id', 'read_at'])

    op.create_table('message',
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=24), nullable=False),
    sa.Column('to', sa.String(length=255), nullable=False),
    sa.Column('message_template_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('locale', sa.String(length=24), nullable=False),
    sa.Column('subject', sa.String(length=160), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('attachments', sa.JSON(), nullable=True),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('send_after', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('lease_until', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('lease_token', sa.String(length=36).with_variant(mysql.VARCHAR(length=36, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('provider_id', sa.String(length=80), nullable=True),
    sa.Column('dedupe_key', sa.String(length=120).with_variant(mysql.VARCHAR(length=120, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('sent_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`channel` IN ('sms', 'email')", name=op.f('ck_message_channel')),
    sa.CheckConstraint("`locale` IN ('mn', 'en')", name=op.f('ck_message_locale')),
    sa.CheckConstraint("`status` IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'cancelled')", name=op.f('ck_message_status')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_message_appointment_id')),
    sa.ForeignKeyConstraint(['message_template_id'], ['message_template.message_template_id'], name=op.f('fk_message_message_template_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_message_patient_id')),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_message')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_message_dedupe_key')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_message_appointment_id'), 'message', ['appointment_id'])
    op.create_index(op.f('ix_message_patient_id_created_at'), 'message', ['patient_id', 'created_at'])
    op.create_index(op.f('ix_message_send_after'), 'message', ['send_after'])
    op.create_index(op.f('ix_message_status_send_after'), 'message', ['status', 'send_after'])

    op.create_table('room_allocation',
    sa.Column('room_allocation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('room_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chair_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('from', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('until', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('until IS NULL OR until >= `from`', name=op.f('ck_room_allocation_ends_after_start')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_room_allocation_appointment_id')),
    sa.ForeignKeyConstraint(['chair_id'], ['chair.chair_id'], name=op.f('fk_room_allocation_chair_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_room_allocation_patient_id')),
    sa.ForeignKeyConstraint(['room_id'], ['room.room_id'], name=op.f('fk_room_allocation_room_id')),
    sa.PrimaryKeyConstraint('room_allocation_id', name=op.f('pk_room_allocation')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_room_allocation_appointment_id'), 'room_allocation', ['appointment_id'])
    op.create_index(op.f('ix_room_allocation_from'), 'room_allocation', ['from'])
    op.create_index(op.f('ix_room_allocation_patient_id_from'), 'room_allocation', ['patient_id', 'from'])
    op.create_index(op.f('ix_room_allocation_room_id_until'), 'room_allocation', ['room_id', 'until'])

    op.create_table('lab_request',
    sa.Column('lab_request_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('doctor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lab_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('teeth', sa.String(length=160).with_variant(mysql.VARCHAR(length=160, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('shade', sa.String(length=20), nullable=True),
    sa.Column('material', sa.String(length=80), nullable=True),
    sa.Column('sent_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('received_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('cost', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('prosthetic work', 'medical test')", name=op.f('ck_lab_request_kind')),
    sa.CheckConstraint("`status` IN ('draft', 'sent', 'in progress', 'received', 'fitted', 'rejected', 'cancelled')", name=op.f('ck_lab_request_status')),
    sa.CheckConstraint('cost >= 0', name=op.f('ck_lab_request_cost_not_negative')),
    sa.ForeignKeyConstraint(['doctor_id'], ['employee.employee_id'], name=op.f('fk_lab_request_doctor_id')),
    sa.ForeignKeyConstraint(['lab_id'], ['lab.lab_id'], name=op.f('fk_lab_request_lab_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_lab_request_patient_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_lab_request_treatment_id')),
    sa.PrimaryKeyConstraint('lab_request_id', name=op.f('pk_lab_request')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_lab_request_doctor_id_status'), 'lab_request', ['doctor_id', 'status'])
    op.create_index(op.f('ix_lab_request_lab_id'), 'lab_request', ['lab_id'])
    op.create_index(op.f('ix_lab_request_patient_id_created_at'), 'lab_request', ['patient_id', 'created_at'])
    op.create_index(op.f('ix_lab_request_status_due_on'), 'lab_request', ['status', 'due_on'])
    op.create_index(op.f('ix_lab_request_treatment_id'), 'lab_request', ['treatment_id'])

    op.create_table('medical_file',
    sa.Column('medical_file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('tooth_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('stored_file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('preview_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('category', sa.String(length=24), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('taken_on', sa.Date(), nullable=False),
    sa.Column('dicom', sa.JSON(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`category` IN ('x-ray', 'scan', 'photo', 'consent', 'referral', 'other')", name=op.f('ck_medical_file_category')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_medical_file_patient_id')),
    sa.ForeignKeyConstraint(['preview_id'], ['stored_file.stored_file_id'], name=op.f('fk_medical_file_preview_id')),
    sa.ForeignKeyConstraint(['stored_file_id'], ['stored_file.stored_file_id'], name=op.f('fk_medical_file_stored_file_id')),
    sa.ForeignKeyConstraint(['tooth_id'], ['tooth_definition.tooth_id'], name=op.f('fk_medical_file_tooth_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_medical_file_treatment_id')),
    sa.PrimaryKeyConstraint('medical_file_id', name=op.f('pk_medical_file')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_medical_file_patient_id_taken_on'), 'medical_file', ['patient_id', 'taken_on'])
    op.create_index(op.f('ix_medical_file_treatment_id'), 'medical_file', ['treatment_id'])

    op.create_table('odontogram_snapshot',
    sa.Column('odontogram_snapshot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chart', sa.JSON(), nullable=False),
    sa.Column('hash', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_odontogram_snapshot_patient_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_odontogram_snapshot_treatment_id')),
    sa.PrimaryKeyConstraint('odontogram_snapshot_id', name=op.f('pk_odontogram_snapshot')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_odontogram_snapshot_patient_id_created_at'), 'odontogram_snapshot', ['patient_id', 'created_at'])
    op.create_index(op.f('ix_odontogram_snapshot_treatment_id'), 'odontogram_snapshot', ['treatment_id'])

    op.create_table('sms',
    sa.Column('sms_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phone_number', sa.String(length=32), nullable=False),
    sa.Column('direction', sa.SmallInteger(), nullable=False),
    sa.Column('time', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('subject', sa.String(length=160), nullable=True),
    sa.Column('sms_text', sa.Text(), nullable=False),
    sa.Column('contact_type', sa.SmallInteger(), nullable=False),
    sa.Column('contacter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('`contact_type` IN (0, 1, 2)', name=op.f('ck_sms_contact_type')),
    sa.CheckConstraint('`direction` IN (0, 1)', name=op.f('ck_sms_direction')),
    sa.ForeignKeyConstraint(['message_id'], ['message.message_id'], name=op.f('fk_sms_message_id')),
    sa.PrimaryKeyConstraint('sms_id', name=op.f('pk_sms')),
    sa.UniqueConstraint('message_id', name=op.f('uq_sms_message_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_sms_contact_type_contacter_id'), 'sms', ['contact_type', 'contacter_id'])
    op.create_index(op.f('ix_sms_phone_number_time'), 'sms', ['phone_number', 'time'])
    op.create_index(op.f('ix_sms_time'), 'sms', ['time'])

    op.create_table('soap_note',
    sa.Column('soap_note_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('subjective', sa.Text(), nullable=True),
    sa.Column('objective', sa.Text(), nullable=True),
    sa.Column('assessment', sa.Text(), nullable=True),
    sa.Column('plan', sa.Text(), nullable=True),
    sa.Column('author', sa.Integer(), nullable=True),
    sa.Column('signed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('addendum_to', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['addendum_to'], ['soap_note.soap_note_id'], name=op.f('fk_soap_note_addendum_to')),
    sa.ForeignKeyConstraint(['author'], ['ab_user.id'], name=op.f('fk_soap_note_author')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_soap_note_treatment_id')),
    sa.PrimaryKeyConstraint('soap_note_id', name=op.f('pk_soap_note')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_soap_note_addendum_to'), 'soap_note', ['addendum_to'])
    op.create_index(op.f('ix_soap_note_treatment_id'), 'soap_note', ['treatment_id'])

    op.create_table('treatment_plan',
    sa.Column('treatment_plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('presented_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('presented_by', sa.Integer(), nullable=True),
    sa.Column('accepted_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('decline_reason', sa.String(length=255), nullable=True),
    sa.Column('paid_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('insurance_share', sa.BigInteger(), nullable=False),
    sa.Column('patient_share', sa.BigInteger(), nullable=False),
    sa.Column('value_category', sa.String(length=24), nullable=False),
    sa.Column('complexity_score', sa.SmallInteger(), nullable=False),
    sa.Column('urgency', sa.String(length=24), nullable=False),
    sa.Column('option_group', sa.String(length=40), nullable=True),
    sa.Column('clinical_notes', sa.Text(), nullable=True),
    sa.Column('signed_hash', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('signature', sa.Text(), nullable=True),
    sa.Column('signed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`status` IN ('pending', 'presented', 'accepted', 'declined', 'in progress', 'completed')", name=op.f('ck_treatment_plan_status')),
    sa.CheckConstraint("`urgency` IN ('routine', 'soon', 'urgent')", name=op.f('ck_treatment_plan_urgency')),
    sa.CheckConstraint("`value_category` IN ('low', 'medium', 'high')", name=op.f('ck_treatment_plan_value_category')),
    sa.CheckConstraint('complexity_score BETWEEN 0 AND 10', name=op.f('ck_treatment_plan_complexity_score_range')),
    sa.CheckConstraint('insurance_share + patient_share = total', name=op.f('ck_treatment_plan_shares_add_up')),
    sa.CheckConstraint('total >= 0', name=op.f('ck_treatment_plan_total_not_negative')),
    sa.ForeignKeyConstraint(['created_by'], ['ab_user.id'], name=op.f('fk_treatment_plan_created_by')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_treatment_plan_patient_id')),
    sa.ForeignKeyConstraint(['presented_by'], ['ab_user.id'], name=op.f('fk_treatment_plan_presented_by')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_treatment_plan_treatment_id')),
    sa.PrimaryKeyConstraint('treatment_plan_id', name=op.f('pk_treatment_plan')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_treatment_plan_patient_id_created_at'), 'treatment_plan', ['patient_id', 'created_at'])
    op.create_index(op.f('ix_treatment_plan_status_created_at'), 'treatment_plan', ['status', 'created_at'])
    op.create_index(op.f('ix_treatment_plan_treatment_id'), 'treatment_plan', ['treatment_id'])

    op.create_table('lab_result',
    sa.Column('lab_result_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lab_request_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('test_name', sa.String(length=120), nullable=False),
    sa.Column('value', sa.String(length=80), nullable=False),
    sa.Column('unit', sa.String(length=24), nullable=True),
    sa.Column('reference_range', sa.String(length=80), nullable=True),
    sa.Column('flag', sa.String(length=24), nullable=False),
    sa.Column('stored_file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reported_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('reviewed_by', sa.Integer(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('action', sa.Text(), nullable=True),
    sa.Column('follow_up', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`flag` IN ('normal', 'low', 'high', 'critical')", name=op.f('ck_lab_result_flag')),
    sa.ForeignKeyConstraint(['lab_request_id'], ['lab_request.lab_request_id'], name=op.f('fk_lab_result_lab_request_id')),
    sa.ForeignKeyConstraint(['reviewed_by'], ['ab_user.id'], name=op.f('fk_lab_result_reviewed_by')),
    sa.ForeignKeyConstraint(['stored_file_id'], ['stored_file.stored_file_id'], name=op.f('fk_lab_result_stored_file_id')),
    sa.PrimaryKeyConstraint('lab_result_id', name=op.f('pk_lab_result')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_lab_result_flag_reviewed_at'), 'lab_result', ['flag', 'reviewed_at'])
    op.create_index(op.f('ix_lab_result_lab_request_id'), 'lab_result', ['lab_request_id'])
    op.create_index(op.f('ix_lab_result_reported_at'), 'lab_result', ['reported_at'])

    op.create_table('planned_procedure',
    sa.Column('planned_procedure_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('procedure_code', sa.String(length=24).with_variant(mysql.VARCHAR(length=24, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('procedure_name_mn', sa.String(length=255), nullable=False),
    sa.Column('procedure_name_en', sa.String(length=255), nullable=False),
    sa.Column('tooth_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('surfaces', sa.String(length=8).with_variant(mysql.VARCHAR(length=8, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('diagnosis_code_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('urgency', sa.String(length=24), nullable=False),
    sa.Column('priority', sa.String(length=24), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('insurance_part', sa.BigInteger(), nullable=False),
    sa.Column('patient_part', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('completed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('completed_by', sa.Integer(), nullable=True),
    sa.Column('actual_duration', sa.Integer(), nullable=True),
    sa.Column('complications', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`priority` IN ('high', 'medium', 'low')", name=op.f('ck_planned_procedure_priority')),
    sa.CheckConstraint("`status` IN ('planned', 'scheduled', 'in progress', 'completed', 'declined', 'pending')", name=op.f('ck_planned_procedure_status')),
    sa.CheckConstraint("`urgency` IN ('routine', 'soon', 'urgent')", name=op.f('ck_planned_procedure_urgency')),
    sa.CheckConstraint('fee >= 0', name=op.f('ck_planned_procedure_fee_not_negative')),
    sa.CheckConstraint('insurance_part + patient_part = fee', name=op.f('ck_planned_procedure_parts_add_up')),
    sa.ForeignKeyConstraint(['completed_by'], ['ab_user.id'], name=op.f('fk_planned_procedure_completed_by')),
    sa.ForeignKeyConstraint(['diagnosis_code_id'], ['diagnosis_code.diagnosis_code_id'], name=op.f('fk_planned_procedure_diagnosis_code_id')),
    sa.ForeignKeyConstraint(['service_id'], ['service_catalog.service_id'], name=op.f('fk_planned_procedure_service_id')),
    sa.ForeignKeyConstraint(['tooth_id'], ['tooth_definition.tooth_id'], name=op.f('fk_planned_procedure_tooth_id')),
    sa.ForeignKeyConstraint(['treatment_plan_id'], ['treatment_plan.treatment_plan_id'], name=op.f('fk_planned_procedure_treatment_plan_id')),
    sa.PrimaryKeyConstraint('planned_procedure_id', name=op.f('pk_planned_procedure')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_planned_procedure_service_id'), 'planned_procedure', ['service_id'])
    op.create_index(op.f('ix_planned_procedure_status_created_at'), 'planned_procedure', ['status', 'created_at'])
    op.create_index(op.f('ix_planned_procedure_treatment_plan_id'), 'planned_procedure', ['treatment_plan_id'])

    _add_reference('invoice', 'plan_id', 'treatment_plan', 'treatment_plan_id')
    op.create_index(op.f('ix_invoice_plan_id'), 'invoice', ['plan_id'])
    _add_reference('medicine', 'inventory_item_id', 'inventory_item', 'inventory_item_id')
    _kinds_of_jobs('patient-import', 'list-import')
    for name, table, columns in REPORTED:
        op.create_index(name, table, columns)
    op.execute('CREATE VIEW medical_record AS ' + _PARTS % (_SQLITE if _is_sqlite() else _MARIADB))


def downgrade():
    op.execute("DROP VIEW medical_record")
    op.execute("DELETE FROM job WHERE kind NOT IN ('patient-import')")
    _kinds_of_jobs('patient-import')
    for name, table, _columns in REPORTED:
        op.drop_index(name, table_name=table)
    _drop_reference('medicine', 'inventory_item_id')
    _drop_reference('invoice', 'plan_id')
    for table in TABLES:
        op.drop_table(table)


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _kinds_of_jobs(*kinds):
    """What a job may be. SQLite makes a copy of the table: nothing points at a job."""
    words = ', '.join(f"'{kind}'" for kind in kinds)
    if _is_sqlite():
        with op.batch_alter_table('job', recreate='always') as batch_op:
            batch_op.create_check_constraint(op.f('ck_job_kind'), sa.text(f'`kind` IN ({words})'))
            batch_op.create_check_constraint(op.f('ck_job_progress_range'), sa.text('progress BETWEEN 0 AND 100'))
    else:
        op.execute('ALTER TABLE job DROP CONSTRAINT ck_job_kind')
        op.execute(f'ALTER TABLE job ADD CONSTRAINT ck_job_kind CHECK (`kind` IN ({words}))')


def _add_reference(table, column, target, key):
    """A nullable foreign key. SQLite takes it with the column: a copy of the table would lose what points at it."""
    name = f'fk_{table}_{column}'
    if _is_sqlite():
        op.execute(f'ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} ({key})')
    else:
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_foreign_key(name, table, target, [column], [key])


def _drop_reference(table, column):
    if not _is_sqlite():
        op.drop_constraint(f'fk_{table}_{column}', table, type_='foreignkey')
    if table == 'invoice':
        op.drop_index('ix_invoice_plan_id', table_name='invoice')
    op.execute(f'ALTER TABLE {table} DROP COLUMN {column}')
