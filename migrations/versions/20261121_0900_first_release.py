"""first release

Revision: 0001_first_release
After: 
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0001_first_release'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('ab_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('label', sa.String(length=150), nullable=True),
    sa.Column('description', sa.String(length=512), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_group_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('ab_permission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_permission_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('ab_register_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('registration_date', sa.DateTime(), nullable=True),
    sa.Column('registration_hash', sa.String(length=256), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_register_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_register_user_email')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_register_user_username')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('ab_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_role')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_role_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('ab_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('last_login', sa.DateTime(), nullable=True),
    sa.Column('login_count', sa.Integer(), nullable=True),
    sa.Column('fail_login_count', sa.Integer(), nullable=True),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('changed_on', sa.DateTime(), nullable=True),
    sa.Column('created_by_fk', sa.Integer(), nullable=True),
    sa.Column('changed_by_fk', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['changed_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_changed_by_fk')),
    sa.ForeignKeyConstraint(['created_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_created_by_fk')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_user_email')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_user_username')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('ab_view_menu',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=250), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_view_menu')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_view_menu_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('audit_log',
    sa.Column('audit_log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('actor_number', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=24), nullable=False),
    sa.Column('table', sa.String(length=64), nullable=False),
    sa.Column('row', sa.String(length=64), nullable=False),
    sa.Column('patient_number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('changes', sa.JSON(), nullable=True),
    sa.Column('request_id', sa.String(length=36), nullable=False),
    sa.Column('ip', sa.String(length=45), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`action` IN ('insert', 'update', 'delete', 'view', 'export', 'print', 'sign-in', 'permission', 'denied')", name=op.f('ck_audit_log_action')),
    sa.PrimaryKeyConstraint('audit_log_id', name=op.f('pk_audit_log')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_log_actor_number_created_at'), ['actor_number', 'created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_log_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_log_patient_number_created_at'), ['patient_number', 'created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_log_table_row'), ['table', 'row'], unique=False)

    op.create_table('clinic',
    sa.Column('clinic_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name_mn', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=True),
    sa.Column('phones', sa.String(length=120), nullable=True),
    sa.Column('registration_number', sa.String(length=20), nullable=True),
    sa.Column('tax_number', sa.String(length=20), nullable=True),
    sa.Column('logo_file_number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('time_zone', sa.String(length=40), nullable=False),
    sa.Column('opening_hours', sa.JSON(), nullable=False),
    sa.Column('document_prefix', sa.String(length=8), nullable=False),
    sa.Column('pdf_footer', sa.Text(), nullable=True),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('clinic_id = 1', name=op.f('ck_clinic_only_one')),
    sa.PrimaryKeyConstraint('clinic_id', name=op.f('pk_clinic')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('diagnosis_code',
    sa.Column('diagnosis_code_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=10).with_variant(mysql.VARCHAR(length=10, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('name_mn', sa.String(length=255), nullable=False),
    sa.Column('name_en', sa.String(length=255), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.PrimaryKeyConstraint('diagnosis_code_id', name=op.f('pk_diagnosis_code')),
    sa.UniqueConstraint('code', name=op.f('uq_diagnosis_code_code')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('document_counter',
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('year', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('last_number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("`kind` IN ('invoice', 'payment', 'prescription', 'card', 'employee')", name=op.f('ck_document_counter_kind')),
    sa.PrimaryKeyConstraint('kind', 'year', name=op.f('pk_document_counter')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('holiday',
    sa.Column('holiday_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('name_mn', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.Column('is_closed', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.PrimaryKeyConstraint('holiday_id', name=op.f('pk_holiday')),
    sa.UniqueConstraint('date', name=op.f('uq_holiday_date')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('insurance_provider',
    sa.Column('insurance_provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('contact', sa.Text(), nullable=True),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('state', 'private')", name=op.f('ck_insurance_provider_kind')),
    sa.PrimaryKeyConstraint('insurance_provider_id', name=op.f('pk_insurance_provider')),
    sa.UniqueConstraint('name', name=op.f('uq_insurance_provider_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('medicine',
    sa.Column('medicine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('generic_name', sa.String(length=120), nullable=False),
    sa.Column('form', sa.String(length=24), nullable=False),
    sa.Column('strength', sa.String(length=40), nullable=False),
    sa.Column('allergens', sa.JSON(), nullable=False),
    sa.Column('dosage_mn', sa.String(length=160), nullable=True),
    sa.Column('dosage_en', sa.String(length=160), nullable=True),
    sa.Column('instructions_mn', sa.String(length=255), nullable=True),
    sa.Column('instructions_en', sa.String(length=255), nullable=True),
    sa.Column('sale_price', sa.BigInteger(), nullable=True),
    sa.Column('tax_type', sa.String(length=24), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`form` IN ('tablet', 'capsule', 'syrup', 'suspension', 'injection', 'gel', 'ointment', 'rinse', 'spray', 'drops', 'paste', 'lozenge', 'powder', 'other')", name=op.f('ck_medicine_form')),
    sa.CheckConstraint("`tax_type` IN ('VAT_FREE', 'VAT_ABLE', 'VAT_ZERO', 'NO_VAT')", name=op.f('ck_medicine_tax_type')),
    sa.PrimaryKeyConstraint('medicine_id', name=op.f('pk_medicine')),
    sa.UniqueConstraint('name', 'form', 'strength', name=op.f('uq_medicine_name_form_strength')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('medicine', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_medicine_generic_name'), ['generic_name'], unique=False)

    op.create_table('position',
    sa.Column('position_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_type', sa.String(length=24), nullable=False),
    sa.Column('display_name_mn', sa.String(length=255), nullable=False),
    sa.Column('display_name_en', sa.String(length=255), nullable=False),
    sa.Column('category', sa.SmallInteger(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`position_type` IN ('DOCTOR', 'NURSE', 'ASSISTANT', 'RECEPTION', 'COORDINATOR', 'MANAGER', 'FINANCE', 'SUPPORT')", name=op.f('ck_position_position_type')),
    sa.CheckConstraint('`category` IN (0, 1, 2)', name=op.f('ck_position_category')),
    sa.PrimaryKeyConstraint('position_id', name=op.f('pk_position')),
    sa.UniqueConstraint('position_type', 'display_name_en', name=op.f('uq_position_position_type_display_name_en')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('position', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_position_position_type'), ['position_type'], unique=False)

    op.create_table('role_seed',
    sa.Column('role', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('permission', sa.String(length=100).with_variant(mysql.VARCHAR(length=100, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('view', sa.String(length=120).with_variant(mysql.VARCHAR(length=120, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.PrimaryKeyConstraint('role', 'permission', 'view', name=op.f('pk_role_seed')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('room',
    sa.Column('room_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('room_type', sa.String(length=24), nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`room_type` IN ('surgery', 'x-ray', 'sterilisation', 'consultation', 'ward')", name=op.f('ck_room_room_type')),
    sa.CheckConstraint('`status` IN (0, 1, 2, 3)', name=op.f('ck_room_status')),
    sa.PrimaryKeyConstraint('room_id', name=op.f('pk_room')),
    sa.UniqueConstraint('name', name=op.f('uq_room_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('service_type',
    sa.Column('service_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=20).with_variant(mysql.VARCHAR(length=20, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('name_mn', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.Column('sort_order', sa.SmallInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.PrimaryKeyConstraint('service_type_id', name=op.f('pk_service_type')),
    sa.UniqueConstraint('code', name=op.f('uq_service_type_code')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('share_link',
    sa.Column('share_link_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('table', sa.String(length=64).with_variant(mysql.VARCHAR(length=64, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('row', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('expires_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('revoked_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('document', 'verify', 'ical', 'survey')", name=op.f('ck_share_link_kind')),
    sa.PrimaryKeyConstraint('share_link_id', name=op.f('pk_share_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_share_link_token_hash')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('share_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_share_link_table_row'), ['table', 'row'], unique=False)

    op.create_table('tooth_definition',
    sa.Column('tooth_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('system', sa.SmallInteger(), nullable=False),
    sa.Column('code', sa.String(length=8).with_variant(mysql.VARCHAR(length=8, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('arch', sa.SmallInteger(), nullable=False),
    sa.Column('quadrant', sa.SmallInteger(), nullable=False),
    sa.Column('index_in_quadrant', sa.SmallInteger(), nullable=False),
    sa.Column('dentition', sa.SmallInteger(), nullable=False),
    sa.Column('ui_key', sa.String(length=32).with_variant(mysql.VARCHAR(length=32, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('`arch` IN (0, 1)', name=op.f('ck_tooth_definition_arch')),
    sa.CheckConstraint('`dentition` IN (0, 1)', name=op.f('ck_tooth_definition_dentition')),
    sa.CheckConstraint('`system` IN (0, 1, 2)', name=op.f('ck_tooth_definition_system')),
    sa.PrimaryKeyConstraint('tooth_id', name=op.f('pk_tooth_definition')),
    sa.UniqueConstraint('system', 'code', name=op.f('uq_tooth_definition_system_code')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('tooth_definition', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tooth_definition_ui_key'), ['ui_key'], unique=False)

    op.create_table('ab_api_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=256), nullable=False),
    sa.Column('key_hash', sa.String(length=256), nullable=False),
    sa.Column('lookup_hash', sa.String(length=256), nullable=True),
    sa.Column('key_prefix', sa.String(length=16), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('expires_on', sa.DateTime(), nullable=True),
    sa.Column('revoked_on', sa.DateTime(), nullable=True),
    sa.Column('last_used_on', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_api_key_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_api_key')),
    sa.UniqueConstraint('lookup_hash', name=op.f('uq_ab_api_key_lookup_hash')),
    sa.UniqueConstraint('uuid', name=op.f('uq_ab_api_key_uuid')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('ab_api_key', schema=None) as batch_op:
        batch_op.create_index('idx_api_key_lookup_hash', ['lookup_hash'], unique=True)
        batch_op.create_index('idx_api_key_prefix', ['key_prefix'], unique=False)
        batch_op.create_index('idx_api_key_user_id', ['user_id'], unique=False)

    op.create_table('ab_group_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_group_role_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_group_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group_role')),
    sa.UniqueConstraint('group_id', 'role_id', name=op.f('uq_ab_group_role_group_id_role_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('ab_group_role', schema=None) as batch_op:
        batch_op.create_index('idx_group_id', ['group_id'], unique=False)
        batch_op.create_index('idx_group_role_id', ['role_id'], unique=False)

    op.create_table('ab_permission_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_id', sa.Integer(), nullable=False),
    sa.Column('view_menu_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['permission_id'], ['ab_permission.id'], name=op.f('fk_ab_permission_view_permission_id')),
    sa.ForeignKeyConstraint(['view_menu_id'], ['ab_view_menu.id'], name=op.f('fk_ab_permission_view_view_menu_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view')),
    sa.UniqueConstraint('permission_id', 'view_menu_id', name=op.f('uq_ab_permission_view_permission_id_view_menu_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('ab_permission_view', schema=None) as batch_op:
        batch_op.create_index('idx_permission_id', ['permission_id'], unique=False)
        batch_op.create_index('idx_view_menu_id', ['view_menu_id'], unique=False)

    op.create_table('ab_user_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_user_group_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_group_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_group')),
    sa.UniqueConstraint('user_id', 'group_id', name=op.f('uq_ab_user_group_user_id_group_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('ab_user_group', schema=None) as batch_op:
        batch_op.create_index('idx_user_group_id', ['group_id'], unique=False)
        batch_op.create_index('idx_user_id', ['user_id'], unique=False)

    op.create_table('ab_user_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_user_role_role_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_role_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_role')),
    sa.UniqueConstraint('user_id', 'role_id', name=op.f('uq_ab_user_role_user_id_role_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('chair',
    sa.Column('chair_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('room_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['room_id'], ['room.room_id'], name=op.f('fk_chair_room_id')),
    sa.PrimaryKeyConstraint('chair_id', name=op.f('pk_chair')),
    sa.UniqueConstraint('name', name=op.f('uq_chair_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('chair', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_chair_room_id'), ['room_id'], unique=False)

    op.create_table('employee',
    sa.Column('employee_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('employee_display_number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('first_name', sa.String(length=255), nullable=False),
    sa.Column('last_name', sa.String(length=255), nullable=False),
    sa.Column('sort_name', sa.String(length=60).with_variant(mysql.VARCHAR(length=60, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('gender', sa.SmallInteger(), nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('birthday', sa.Date(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=True),
    sa.Column('home_address', sa.String(length=255), nullable=True),
    sa.Column('hired_at', sa.Date(), nullable=False),
    sa.Column('fired_at', sa.Date(), nullable=True),
    sa.Column('licence_number', sa.String(length=40), nullable=True),
    sa.Column('specialization', sa.String(length=120), nullable=True),
    sa.Column('calendar_colour', sa.String(length=7).with_variant(mysql.VARCHAR(length=7, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('commission_bp', sa.Integer(), nullable=False),
    sa.Column('chair_capacity', sa.SmallInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('`gender` IN (0, 1, 2)', name=op.f('ck_employee_gender')),
    sa.CheckConstraint('`status` IN (0, 1, 2, 3, 4)', name=op.f('ck_employee_status')),
    sa.CheckConstraint('chair_capacity BETWEEN 1 AND 4', name=op.f('ck_employee_chair_capacity_range')),
    sa.CheckConstraint('commission_bp BETWEEN 0 AND 10000', name=op.f('ck_employee_commission_bp_range')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_employee_user_id')),
    sa.PrimaryKeyConstraint('employee_id', name=op.f('pk_employee')),
    sa.UniqueConstraint('employee_display_number', name=op.f('uq_employee_employee_display_number')),
    sa.UniqueConstraint('user_id', name=op.f('uq_employee_user_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('employee', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_employee_sort_name'), ['sort_name'], unique=False)

    op.create_table('insurance_plan',
    sa.Column('insurance_plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('insurance_provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('annual_maximum', sa.BigInteger(), nullable=True),
    sa.Column('deductible', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('annual_maximum IS NULL OR annual_maximum >= 0', name=op.f('ck_insurance_plan_annual_maximum_not_negative')),
    sa.CheckConstraint('deductible >= 0', name=op.f('ck_insurance_plan_deductible_not_negative')),
    sa.ForeignKeyConstraint(['insurance_provider_id'], ['insurance_provider.insurance_provider_id'], name=op.f('fk_insurance_plan_insurance_provider_id')),
    sa.PrimaryKeyConstraint('insurance_plan_id', name=op.f('pk_insurance_plan')),
    sa.UniqueConstraint('insurance_provider_id', 'name', name=op.f('uq_insurance_plan_insurance_provider_id_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('job',
    sa.Column('job_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=True),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('run_after', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('lease_until', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('lease_token', sa.String(length=36).with_variant(mysql.VARCHAR(length=36, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('progress', sa.SmallInteger(), nullable=False),
    sa.Column('dedupe_key', sa.String(length=120), nullable=True),
    sa.Column('done_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('patient-import')", name=op.f('ck_job_kind')),
    sa.CheckConstraint('progress BETWEEN 0 AND 100', name=op.f('ck_job_progress_range')),
    sa.ForeignKeyConstraint(['made_by'], ['ab_user.id'], name=op.f('fk_job_made_by')),
    sa.PrimaryKeyConstraint('job_id', name=op.f('pk_job')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_job_dedupe_key')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_job_done_at_run_after'), ['done_at', 'run_after'], unique=False)
        batch_op.create_index(batch_op.f('ix_job_run_after'), ['run_after'], unique=False)

    op.create_table('login_attempt',
    sa.Column('login_attempt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('ip', sa.String(length=45), nullable=False),
    sa.Column('user_agent', sa.String(length=255), nullable=False),
    sa.Column('outcome', sa.String(length=24), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`outcome` IN ('ok', 'wrong password', 'unknown phone', 'locked', 'inactive', 'wrong second factor')", name=op.f('ck_login_attempt_outcome')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_login_attempt_user_id')),
    sa.PrimaryKeyConstraint('login_attempt_id', name=op.f('pk_login_attempt')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('login_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_attempt_phone_created_at'), ['phone', 'created_at'], unique=False)

    op.create_table('service_catalog',
    sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=20).with_variant(mysql.VARCHAR(length=20, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('display_number', sa.Integer(), nullable=False),
    sa.Column('doctor_display_name_mn', sa.String(length=255), nullable=False),
    sa.Column('doctor_display_name_en', sa.String(length=255), nullable=False),
    sa.Column('patient_display_name_mn', sa.String(length=255), nullable=False),
    sa.Column('patient_display_name_en', sa.String(length=255), nullable=False),
    sa.Column('default_duration_time', sa.SmallInteger(), nullable=False),
    sa.Column('assistant_lead_minutes', sa.SmallInteger(), nullable=False),
    sa.Column('assistant_tail_minutes', sa.SmallInteger(), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('disclaimer_mn', sa.Text(), nullable=True),
    sa.Column('disclaimer_en', sa.Text(), nullable=True),
    sa.Column('complexity', sa.SmallInteger(), nullable=False),
    sa.Column('treatment_stage', sa.String(length=24), nullable=False),
    sa.Column('default_scope', sa.SmallInteger(), nullable=False),
    sa.Column('surfaces_required', sa.Boolean(), nullable=False),
    sa.Column('lab_days', sa.SmallInteger(), nullable=True),
    sa.Column('fitting_minutes', sa.SmallInteger(), nullable=True),
    sa.Column('recall_months', sa.SmallInteger(), nullable=True),
    sa.Column('warranty_months', sa.SmallInteger(), nullable=True),
    sa.Column('tax_type', sa.String(length=24), nullable=False),
    sa.Column('tax_product_code', sa.String(length=20).with_variant(mysql.VARCHAR(length=20, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('classification_code', sa.String(length=20).with_variant(mysql.VARCHAR(length=20, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`tax_type` IN ('VAT_FREE', 'VAT_ABLE', 'VAT_ZERO', 'NO_VAT')", name=op.f('ck_service_catalog_tax_type')),
    sa.CheckConstraint("`treatment_stage` IN ('diagnosis', 'periodontal', 'extraction', 'root canal', 'filling', 'post', 'crown', 'other')", name=op.f('ck_service_catalog_treatment_stage')),
    sa.CheckConstraint('`default_scope` IN (0, 1, 2, 3, 4, 5)', name=op.f('ck_service_catalog_default_scope')),
    sa.CheckConstraint('assistant_lead_minutes + assistant_tail_minutes < default_duration_time', name=op.f('ck_service_catalog_dentist_needed')),
    sa.CheckConstraint('assistant_lead_minutes >= 0 AND assistant_lead_minutes % 5 = 0', name=op.f('ck_service_catalog_lead_on_grid')),
    sa.CheckConstraint('assistant_tail_minutes >= 0 AND assistant_tail_minutes % 5 = 0', name=op.f('ck_service_catalog_tail_on_grid')),
    sa.CheckConstraint('complexity BETWEEN 0 AND 10', name=op.f('ck_service_catalog_complexity_range')),
    sa.CheckConstraint('default_duration_time > 0 AND default_duration_time % 5 = 0', name=op.f('ck_service_catalog_duration_on_grid')),
    sa.CheckConstraint('price >= 0', name=op.f('ck_service_catalog_price_not_negative')),
    sa.ForeignKeyConstraint(['service_type_id'], ['service_type.service_type_id'], name=op.f('fk_service_catalog_service_type_id')),
    sa.PrimaryKeyConstraint('service_id', name=op.f('pk_service_catalog')),
    sa.UniqueConstraint('code', name=op.f('uq_service_catalog_code')),
    sa.UniqueConstraint('service_type_id', 'display_number', name=op.f('uq_service_catalog_service_type_id_display_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('service_catalog', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_catalog_service_type_id_display_number'), ['service_type_id', 'display_number'], unique=False)

    op.create_table('session_token',
    sa.Column('session_token_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('selector', sa.String(length=32).with_variant(mysql.VARCHAR(length=32, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('session_token_hash', sa.String(length=255), nullable=False),
    sa.Column('session_type', sa.SmallInteger(), nullable=False),
    sa.Column('device_name', sa.String(length=255), nullable=False),
    sa.Column('ip', sa.String(length=45), nullable=False),
    sa.Column('expires_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('last_seen_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('revoked_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('`session_type` IN (0, 1, 2, 3)', name=op.f('ck_session_token_session_type')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_session_token_user_id')),
    sa.PrimaryKeyConstraint('session_token_id', name=op.f('pk_session_token')),
    sa.UniqueConstraint('selector', name=op.f('uq_session_token_selector')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('session_token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_session_token_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_session_token_user_id'), ['user_id'], unique=False)

    op.create_table('setting',
    sa.Column('setting_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=80).with_variant(mysql.VARCHAR(length=80, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['changed_by'], ['ab_user.id'], name=op.f('fk_setting_changed_by')),
    sa.PrimaryKeyConstraint('setting_id', name=op.f('pk_setting')),
    sa.UniqueConstraint('key', name=op.f('uq_setting_key')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('user_profile',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('display_name', sa.String(length=255), nullable=False),
    sa.Column('locale', sa.String(length=24), nullable=False),
    sa.Column('theme', sa.String(length=24), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('totp_secret', sa.String(length=64), nullable=True),
    sa.Column('recovery_codes', sa.JSON(), nullable=True),
    sa.Column('failed_count', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('reset_code_hash', sa.String(length=255), nullable=True),
    sa.Column('reset_expires_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('preferences', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`locale` IN ('mn', 'en')", name=op.f('ck_user_profile_locale')),
    sa.CheckConstraint("`theme` IN ('auto', 'light', 'dark')", name=op.f('ck_user_profile_theme')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_user_profile_user_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_user_profile')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('ab_permission_view_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_view_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['permission_view_id'], ['ab_permission_view.id'], name=op.f('fk_ab_permission_view_role_permission_view_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_permission_view_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view_role')),
    sa.UniqueConstraint('permission_view_id', 'role_id', name=op.f('uq_ab_permission_view_role_permission_view_id_role_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('ab_permission_view_role', schema=None) as batch_op:
        batch_op.create_index('idx_permission_view_id', ['permission_view_id'], unique=False)
        batch_op.create_index('idx_role_id', ['role_id'], unique=False)

    op.create_table('employee_phone',
    sa.Column('phone_number_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('employee_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phone_number_val', sa.String(length=32), nullable=False),
    sa.Column('label', sa.String(length=24), nullable=False),
    sa.Column('is_primary', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`label` IN ('self', 'mother', 'father', 'spouse', 'child', 'sibling', 'guardian', 'friend', 'work', 'home', 'other')", name=op.f('ck_employee_phone_label')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.employee_id'], name=op.f('fk_employee_phone_employee_id')),
    sa.PrimaryKeyConstraint('phone_number_id', name=op.f('pk_employee_phone')),
    sa.UniqueConstraint('employee_id', 'phone_number_val', name=op.f('uq_employee_phone_employee_id_phone_number_val')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('employee_phone', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_employee_phone_phone_number_val'), ['phone_number_val'], unique=False)

    op.create_table('employee_position',
    sa.Column('employee_position_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('employee_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('is_primary', sa.Boolean(), nullable=False),
    sa.Column('started_at', sa.Date(), nullable=False),
    sa.Column('ended_at', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('ended_at IS NULL OR ended_at >= started_at', name=op.f('ck_employee_position_ends_after_start')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.employee_id'], name=op.f('fk_employee_position_employee_id')),
    sa.ForeignKeyConstraint(['position_id'], ['position.position_id'], name=op.f('fk_employee_position_position_id')),
    sa.PrimaryKeyConstraint('employee_position_id', name=op.f('pk_employee_position')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('employee_position', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_employee_position_employee_id'), ['employee_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_employee_position_position_id'), ['position_id'], unique=False)

    op.create_table('patient',
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('card_number', sa.String(length=20).with_variant(mysql.VARCHAR(length=20, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('register_number', sa.String(length=10), nullable=True),
    sa.Column('passport_number', sa.String(length=20), nullable=True),
    sa.Column('first_name', sa.String(length=30), nullable=False),
    sa.Column('last_name', sa.String(length=30), nullable=True),
    sa.Column('sort_name', sa.String(length=60).with_variant(mysql.VARCHAR(length=60, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=True),
    sa.Column('birthday', sa.Date(), nullable=True),
    sa.Column('gender', sa.SmallInteger(), nullable=True),
    sa.Column('is_provisional', sa.Boolean(), nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('is_deceased', sa.Boolean(), nullable=False),
    sa.Column('dentition', sa.String(length=24), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=True),
    sa.Column('occupation', sa.String(length=120), nullable=True),
    sa.Column('blood_type', sa.String(length=24), nullable=True),
    sa.Column('emergency_contact', sa.String(length=160), nullable=True),
    sa.Column('source', sa.String(length=24), nullable=True),
    sa.Column('assigned_doctor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('preferred_locale', sa.String(length=24), nullable=False),
    sa.Column('sms_opt_in', sa.Boolean(), nullable=False),
    sa.Column('email_opt_in', sa.Boolean(), nullable=False),
    sa.Column('marketing_opt_in', sa.Boolean(), nullable=False),
    sa.Column('first_seen_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('last_seen_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`blood_type` IN ('O+', 'O-', 'A+', 'A-', 'B+', 'B-', 'AB+', 'AB-')", name=op.f('ck_patient_blood_type')),
    sa.CheckConstraint("`dentition` IN ('permanent', 'mixed', 'primary')", name=op.f('ck_patient_dentition')),
    sa.CheckConstraint("`preferred_locale` IN ('mn', 'en')", name=op.f('ck_patient_preferred_locale')),
    sa.CheckConstraint("`source` IN ('walk-in', 'phone', 'friend', 'facebook', 'website', 'referral', 'import', 'other')", name=op.f('ck_patient_source')),
    sa.CheckConstraint('`gender` IN (0, 1, 2)', name=op.f('ck_patient_gender')),
    sa.CheckConstraint('`status` IN (0, 1, 2, 3)', name=op.f('ck_patient_status')),
    sa.CheckConstraint('is_provisional OR (birthday IS NOT NULL AND gender IS NOT NULL)', name=op.f('ck_patient_complete_or_provisional')),
    sa.ForeignKeyConstraint(['assigned_doctor_id'], ['employee.employee_id'], name=op.f('fk_patient_assigned_doctor_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_patient_user_id')),
    sa.PrimaryKeyConstraint('patient_id', name=op.f('pk_patient')),
    sa.UniqueConstraint('card_number', name=op.f('uq_patient_card_number')),
    sa.UniqueConstraint('passport_number', name=op.f('uq_patient_passport_number')),
    sa.UniqueConstraint('register_number', name=op.f('uq_patient_register_number')),
    sa.UniqueConstraint('user_id', name=op.f('uq_patient_user_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('patient', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_patient_birthday'), ['birthday'], unique=False)
        batch_op.create_index(batch_op.f('ix_patient_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_patient_last_seen_at'), ['last_seen_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_patient_sort_name_patient_id'), ['sort_name', 'patient_id'], unique=False)

    op.create_table('service_price',
    sa.Column('service_price_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('price >= 0', name=op.f('ck_service_price_price_not_negative')),
    sa.ForeignKeyConstraint(['changed_by'], ['ab_user.id'], name=op.f('fk_service_price_changed_by')),
    sa.ForeignKeyConstraint(['service_id'], ['service_catalog.service_id'], name=op.f('fk_service_price_service_id')),
    sa.PrimaryKeyConstraint('service_price_id', name=op.f('pk_service_price')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('service_price', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_price_service_id_valid_from'), ['service_id', 'valid_from'], unique=False)

    op.create_table('shift',
    sa.Column('shift_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('employee_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chair_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('room_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('shift_date', sa.Date(), nullable=False),
    sa.Column('start_time', sa.Time(), nullable=False),
    sa.Column('end_time', sa.Time(), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('work', 'on call', 'training')", name=op.f('ck_shift_kind')),
    sa.CheckConstraint('end_time > start_time', name=op.f('ck_shift_ends_after_start')),
    sa.ForeignKeyConstraint(['chair_id'], ['chair.chair_id'], name=op.f('fk_shift_chair_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.employee_id'], name=op.f('fk_shift_employee_id')),
    sa.ForeignKeyConstraint(['room_id'], ['room.room_id'], name=op.f('fk_shift_room_id')),
    sa.PrimaryKeyConstraint('shift_id', name=op.f('pk_shift')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('shift', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_shift_employee_id_shift_date'), ['employee_id', 'shift_date'], unique=False)
        batch_op.create_index(batch_op.f('ix_shift_shift_date_employee_id'), ['shift_date', 'employee_id'], unique=False)

    op.create_table('time_off',
    sa.Column('time_off_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('employee_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('from', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('until', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('until > `from`', name=op.f('ck_time_off_ends_after_start')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.employee_id'], name=op.f('fk_time_off_employee_id')),
    sa.PrimaryKeyConstraint('time_off_id', name=op.f('pk_time_off')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('time_off', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_time_off_employee_id_from'), ['employee_id', 'from'], unique=False)

    op.create_table('account_entry',
    sa.Column('account_entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('debit', sa.BigInteger(), nullable=False),
    sa.Column('credit', sa.BigInteger(), nullable=False),
    sa.Column('source_table', sa.String(length=40).with_variant(mysql.VARCHAR(length=40, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('source_row', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('charge', 'payment', 'adjustment', 'refund', 'write-off', 'void')", name=op.f('ck_account_entry_kind')),
    sa.CheckConstraint('debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)', name=op.f('ck_account_entry_one_side')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_account_entry_patient_id')),
    sa.PrimaryKeyConstraint('account_entry_id', name=op.f('pk_account_entry')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('account_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_entry_patient_id_at'), ['patient_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_account_entry_source_table_source_row'), ['source_table', 'source_row'], unique=False)

    op.create_table('appointment',
    sa.Column('appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('doctor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('receptionist_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_user_id', sa.Integer(), nullable=True),
    sa.Column('assistant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('chair_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('start_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('end_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('is_new_patient', sa.Boolean(), nullable=False),
    sa.Column('planned_service', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('purpose', sa.String(length=255), nullable=True),
    sa.Column('source', sa.String(length=24), nullable=False),
    sa.Column('override_reason', sa.String(length=255), nullable=True),
    sa.Column('confirmation_sent', sa.Boolean(), nullable=False),
    sa.Column('reminders_sent', sa.SmallInteger(), nullable=False),
    sa.Column('actual_start_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('actual_end_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('cancel_reason', sa.String(length=255), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`source` IN ('phone', 'walk-in', 'portal', 'recall', 'plan', 'waitlist')", name=op.f('ck_appointment_source')),
    sa.CheckConstraint('`status` IN (0, 1, 2, 3, 4, 5, 6, 7)', name=op.f('ck_appointment_status')),
    sa.CheckConstraint('end_at > start_at', name=op.f('ck_appointment_ends_after_start')),
    sa.ForeignKeyConstraint(['assistant_id'], ['employee.employee_id'], name=op.f('fk_appointment_assistant_id')),
    sa.ForeignKeyConstraint(['chair_id'], ['chair.chair_id'], name=op.f('fk_appointment_chair_id')),
    sa.ForeignKeyConstraint(['created_by_user_id'], ['ab_user.id'], name=op.f('fk_appointment_created_by_user_id')),
    sa.ForeignKeyConstraint(['doctor_id'], ['employee.employee_id'], name=op.f('fk_appointment_doctor_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_appointment_patient_id')),
    sa.ForeignKeyConstraint(['planned_service'], ['service_catalog.service_id'], name=op.f('fk_appointment_planned_service')),
    sa.ForeignKeyConstraint(['receptionist_id'], ['employee.employee_id'], name=op.f('fk_appointment_receptionist_id')),
    sa.PrimaryKeyConstraint('appointment_id', name=op.f('pk_appointment')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_appointment_chair_id_start_at'), ['chair_id', 'start_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointment_doctor_id_start_at'), ['doctor_id', 'start_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointment_patient_id_start_at'), ['patient_id', 'start_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointment_start_at'), ['start_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointment_status_start_at'), ['status', 'start_at'], unique=False)

    op.create_table('medical_history_entry',
    sa.Column('medical_history_entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('allergen', sa.String(length=24), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('severity', sa.SmallInteger(), nullable=False),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('told_by', sa.String(length=24), nullable=False),
    sa.Column('confirmed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`allergen` IN ('penicillin', 'cephalosporin', 'macrolide', 'lincosamide', 'tetracycline', 'metronidazole', 'sulfonamide', 'nsaid', 'aspirin', 'paracetamol', 'opioid', 'local anaesthetic', 'adrenaline', 'chlorhexidine', 'iodine', 'latex', 'nickel', 'acrylate')", name=op.f('ck_medical_history_entry_allergen')),
    sa.CheckConstraint("`kind` IN ('allergy', 'condition', 'medication', 'surgery', 'pregnancy', 'habit', 'dental history')", name=op.f('ck_medical_history_entry_kind')),
    sa.CheckConstraint("`told_by` IN ('patient', 'staff')", name=op.f('ck_medical_history_entry_told_by')),
    sa.CheckConstraint('`severity` IN (0, 1, 2)', name=op.f('ck_medical_history_entry_severity')),
    sa.CheckConstraint('until IS NULL OR since IS NULL OR until >= since', name=op.f('ck_medical_history_entry_ends_after_start')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['employee.employee_id'], name=op.f('fk_medical_history_entry_confirmed_by')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_medical_history_entry_patient_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['ab_user.id'], name=op.f('fk_medical_history_entry_recorded_by')),
    sa.PrimaryKeyConstraint('medical_history_entry_id', name=op.f('pk_medical_history_entry')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('medical_history_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_medical_history_entry_patient_id_severity'), ['patient_id', 'severity'], unique=False)

    op.create_table('patient_account',
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('charges', sa.BigInteger(), nullable=False),
    sa.Column('payments', sa.BigInteger(), nullable=False),
    sa.Column('adjustments', sa.BigInteger(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('last_payment_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_patient_account_patient_id')),
    sa.PrimaryKeyConstraint('patient_id', name=op.f('pk_patient_account')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('patient_account', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_patient_account_balance'), ['balance'], unique=False)

    op.create_table('patient_insurance',
    sa.Column('patient_insurance_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('insurance_plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('policy_number', sa.String(length=40), nullable=False),
    sa.Column('holder', sa.String(length=120), nullable=True),
    sa.Column('order', sa.SmallInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('verified_at', sa.Date(), nullable=True),
    sa.Column('used_this_year', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('`order` IN (1, 2)', name=op.f('ck_patient_insurance_order')),
    sa.CheckConstraint('used_this_year >= 0', name=op.f('ck_patient_insurance_used_not_negative')),
    sa.CheckConstraint('valid_until IS NULL OR valid_from IS NULL OR valid_until >= valid_from', name=op.f('ck_patient_insurance_ends_after_start')),
    sa.ForeignKeyConstraint(['insurance_plan_id'], ['insurance_plan.insurance_plan_id'], name=op.f('fk_patient_insurance_insurance_plan_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_patient_insurance_patient_id')),
    sa.PrimaryKeyConstraint('patient_insurance_id', name=op.f('pk_patient_insurance')),
    sa.UniqueConstraint('patient_id', 'insurance_plan_id', 'policy_number', name=op.f('uq_patient_insurance_patient_id_insurance_plan_id_policy_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('patient_insurance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_patient_insurance_insurance_plan_id'), ['insurance_plan_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_patient_insurance_patient_id_order'), ['patient_id', 'order'], unique=False)

    op.create_table('patient_phone',
    sa.Column('phone_number_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phone_number_val', sa.String(length=32), nullable=False),
    sa.Column('label', sa.String(length=24), nullable=False),
    sa.Column('is_primary', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`label` IN ('self', 'mother', 'father', 'spouse', 'child', 'sibling', 'guardian', 'friend', 'work', 'home', 'other')", name=op.f('ck_patient_phone_label')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_patient_phone_patient_id')),
    sa.PrimaryKeyConstraint('phone_number_id', name=op.f('pk_patient_phone')),
    sa.UniqueConstraint('patient_id', 'phone_number_val', name=op.f('uq_patient_phone_patient_id_phone_number_val')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('patient_phone', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_patient_phone_phone_number_val'), ['phone_number_val'], unique=False)

    op.create_table('patient_relation',
    sa.Column('patient_relation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('related_patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('is_payer', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('parent', 'guardian', 'spouse', 'child', 'sibling')", name=op.f('ck_patient_relation_kind')),
    sa.CheckConstraint('patient_id <> related_patient_id', name=op.f('ck_patient_relation_not_oneself')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_patient_relation_patient_id')),
    sa.ForeignKeyConstraint(['related_patient_id'], ['patient.patient_id'], name=op.f('fk_patient_relation_related_patient_id')),
    sa.PrimaryKeyConstraint('patient_relation_id', name=op.f('pk_patient_relation')),
    sa.UniqueConstraint('patient_id', 'related_patient_id', name=op.f('uq_patient_relation_patient_id_related_patient_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('patient_relation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_patient_relation_related_patient_id'), ['related_patient_id'], unique=False)

    op.create_table('patient_search',
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=8).with_variant(mysql.VARCHAR(length=8, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('key', sa.String(length=40).with_variant(mysql.VARCHAR(length=40, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_patient_search_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('patient_id', 'kind', 'key', name=op.f('pk_patient_search')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB',
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('patient_search', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_patient_search_kind_key_patient_id'), ['kind', 'key', 'patient_id'], unique=False)

    op.create_table('payment',
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=24).with_variant(mysql.VARCHAR(length=24, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.String(length=24), nullable=False),
    sa.Column('reference', sa.String(length=80), nullable=True),
    sa.Column('received_by', sa.Integer(), nullable=True),
    sa.Column('received_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('idempotency_key', sa.String(length=80).with_variant(mysql.VARCHAR(length=80, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`method` IN ('cash', 'card', 'bank transfer', 'QPay', 'SocialPay', 'insurance', 'other')", name=op.f('ck_payment_method')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_payment_amount_positive')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_payment_patient_id')),
    sa.ForeignKeyConstraint(['payer_id'], ['patient.patient_id'], name=op.f('fk_payment_payer_id')),
    sa.ForeignKeyConstraint(['received_by'], ['ab_user.id'], name=op.f('fk_payment_received_by')),
    sa.PrimaryKeyConstraint('payment_id', name=op.f('pk_payment')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_payment_idempotency_key')),
    sa.UniqueConstraint('number', name=op.f('uq_payment_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payment_patient_id_received_at'), ['patient_id', 'received_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_payer_id'), ['payer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_received_at'), ['received_at'], unique=False)

    op.create_table('appointment_status_change',
    sa.Column('appointment_status_change_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('from', sa.SmallInteger(), nullable=True),
    sa.Column('to', sa.SmallInteger(), nullable=False),
    sa.Column('by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('`from` IN (0, 1, 2, 3, 4, 5, 6, 7)', name=op.f('ck_appointment_status_change_from')),
    sa.CheckConstraint('`to` IN (0, 1, 2, 3, 4, 5, 6, 7)', name=op.f('ck_appointment_status_change_to')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_appointment_status_change_appointment_id')),
    sa.ForeignKeyConstraint(['by'], ['ab_user.id'], name=op.f('fk_appointment_status_change_by')),
    sa.PrimaryKeyConstraint('appointment_status_change_id', name=op.f('pk_appointment_status_change')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('appointment_status_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_appointment_status_change_appointment_id_at'), ['appointment_id', 'at'], unique=False)

    op.create_table('booking_slot',
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('resource_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('starts_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('lane', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("`kind` IN ('doctor', 'chair', 'assistant', 'patient')", name=op.f('ck_booking_slot_kind')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_booking_slot_appointment_id')),
    sa.PrimaryKeyConstraint('kind', 'resource_id', 'starts_at', 'lane', name=op.f('pk_booking_slot')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('booking_slot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_booking_slot_appointment_id'), ['appointment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_booking_slot_starts_at'), ['starts_at'], unique=False)

    op.create_table('refund',
    sa.Column('refund_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.String(length=24), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('idempotency_key', sa.String(length=80).with_variant(mysql.VARCHAR(length=80, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('refund', 'reversal')", name=op.f('ck_refund_kind')),
    sa.CheckConstraint("`method` IN ('cash', 'card', 'bank transfer', 'QPay', 'SocialPay', 'insurance', 'other')", name=op.f('ck_refund_method')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_refund_amount_positive')),
    sa.ForeignKeyConstraint(['approved_by'], ['ab_user.id'], name=op.f('fk_refund_approved_by')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.payment_id'], name=op.f('fk_refund_payment_id')),
    sa.PrimaryKeyConstraint('refund_id', name=op.f('pk_refund')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_refund_idempotency_key')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_refund_payment_id'), ['payment_id'], unique=False)

    op.create_table('treatment',
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_date', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('doctor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('assistant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('next_appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('visit_type', sa.String(length=24), nullable=False),
    sa.Column('chief_complaint', sa.Text(), nullable=True),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('exam_step', sa.SmallInteger(), nullable=False),
    sa.Column('exam_completed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('checkout_started_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('checkout_completed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('next_visit_scheduled', sa.Boolean(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`status` IN ('scheduled', 'in progress', 'completed', 'cancelled')", name=op.f('ck_treatment_status')),
    sa.CheckConstraint("`visit_type` IN ('exam', 'treatment', 'emergency', 'follow-up')", name=op.f('ck_treatment_visit_type')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.appointment_id'], name=op.f('fk_treatment_appointment_id')),
    sa.ForeignKeyConstraint(['assistant_id'], ['employee.employee_id'], name=op.f('fk_treatment_assistant_id')),
    sa.ForeignKeyConstraint(['case_id'], ['treatment.treatment_id'], name=op.f('fk_treatment_case_id')),
    sa.ForeignKeyConstraint(['doctor_id'], ['employee.employee_id'], name=op.f('fk_treatment_doctor_id')),
    sa.ForeignKeyConstraint(['next_appointment_id'], ['appointment.appointment_id'], name=op.f('fk_treatment_next_appointment_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_treatment_patient_id')),
    sa.PrimaryKeyConstraint('treatment_id', name=op.f('pk_treatment')),
    sa.UniqueConstraint('appointment_id', name=op.f('uq_treatment_appointment_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('treatment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_treatment_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_treatment_doctor_id_treatment_date'), ['doctor_id', 'treatment_date'], unique=False)
        batch_op.create_index(batch_op.f('ix_treatment_next_appointment_id'), ['next_appointment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_treatment_patient_id_treatment_date'), ['patient_id', 'treatment_date'], unique=False)
        batch_op.create_index(batch_op.f('ix_treatment_treatment_date'), ['treatment_date'], unique=False)

    op.create_table('invoice',
    sa.Column('invoice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=24).with_variant(mysql.VARCHAR(length=24, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('issued_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('voided_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('voided_by', sa.Integer(), nullable=True),
    sa.Column('void_reason', sa.String(length=255), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('subtotal', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('adjusted', sa.BigInteger(), nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("(status = 'draft') = (number IS NULL)", name=op.f('ck_invoice_numbered_when_issued')),
    sa.CheckConstraint("`status` IN ('draft', 'issued', 'partly_paid', 'paid', 'void')", name=op.f('ck_invoice_status')),
    sa.CheckConstraint('subtotal >= 0 AND discount >= 0 AND tax >= 0 AND total >= 0', name=op.f('ck_invoice_not_negative')),
    sa.CheckConstraint('total = subtotal - discount', name=op.f('ck_invoice_total_adds_up')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_invoice_patient_id')),
    sa.ForeignKeyConstraint(['payer_id'], ['patient.patient_id'], name=op.f('fk_invoice_payer_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_invoice_treatment_id')),
    sa.ForeignKeyConstraint(['voided_by'], ['ab_user.id'], name=op.f('fk_invoice_voided_by')),
    sa.PrimaryKeyConstraint('invoice_id', name=op.f('pk_invoice')),
    sa.UniqueConstraint('number', name=op.f('uq_invoice_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('invoice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invoice_issued_at'), ['issued_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_invoice_patient_id_issued_at'), ['patient_id', 'issued_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_invoice_payer_id'), ['payer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invoice_status_due_on_balance'), ['status', 'due_on', 'balance'], unique=False)
        batch_op.create_index(batch_op.f('ix_invoice_treatment_id'), ['treatment_id'], unique=False)

    op.create_table('prescription',
    sa.Column('prescription_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('doctor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=True),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=24).with_variant(mysql.VARCHAR(length=24, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=True),
    sa.Column('issued_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`status` IN ('draft', 'issued', 'cancelled')", name=op.f('ck_prescription_status')),
    sa.ForeignKeyConstraint(['doctor_id'], ['employee.employee_id'], name=op.f('fk_prescription_doctor_id')),
    sa.ForeignKeyConstraint(['issued_by'], ['ab_user.id'], name=op.f('fk_prescription_issued_by')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_prescription_patient_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_prescription_treatment_id')),
    sa.PrimaryKeyConstraint('prescription_id', name=op.f('pk_prescription')),
    sa.UniqueConstraint('number', name=op.f('uq_prescription_number')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('prescription', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_prescription_doctor_id_issued_at'), ['doctor_id', 'issued_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_prescription_patient_id_issued_at'), ['patient_id', 'issued_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_prescription_treatment_id'), ['treatment_id'], unique=False)

    op.create_table('tooth_finding',
    sa.Column('tooth_finding_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tooth_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('surfaces', sa.String(length=8).with_variant(mysql.VARCHAR(length=8, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('condition', sa.String(length=24), nullable=False),
    sa.Column('layer', sa.String(length=24), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('noted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('noted_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`condition` IN ('caries', 'filling', 'crown', 'root canal', 'missing', 'implant', 'bridge', 'veneer', 'denture', 'fracture', 'mobility', 'unerupted', 'sealant', 'bracket')", name=op.f('ck_tooth_finding_condition')),
    sa.CheckConstraint("`layer` IN ('existing', 'planned', 'done')", name=op.f('ck_tooth_finding_layer')),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= noted_on', name=op.f('ck_tooth_finding_ends_after_start')),
    sa.ForeignKeyConstraint(['noted_by'], ['employee.employee_id'], name=op.f('fk_tooth_finding_noted_by')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_tooth_finding_patient_id')),
    sa.ForeignKeyConstraint(['tooth_id'], ['tooth_definition.tooth_id'], name=op.f('fk_tooth_finding_tooth_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_tooth_finding_treatment_id')),
    sa.PrimaryKeyConstraint('tooth_finding_id', name=op.f('pk_tooth_finding')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('tooth_finding', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tooth_finding_patient_id_tooth_id'), ['patient_id', 'tooth_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tooth_finding_treatment_id'), ['treatment_id'], unique=False)

    op.create_table('treatment_diagnosis',
    sa.Column('treatment_diagnosis_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('diagnosis_code_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tooth_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['diagnosis_code_id'], ['diagnosis_code.diagnosis_code_id'], name=op.f('fk_treatment_diagnosis_diagnosis_code_id')),
    sa.ForeignKeyConstraint(['tooth_id'], ['tooth_definition.tooth_id'], name=op.f('fk_treatment_diagnosis_tooth_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_treatment_diagnosis_treatment_id')),
    sa.PrimaryKeyConstraint('treatment_diagnosis_id', name=op.f('pk_treatment_diagnosis')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('treatment_diagnosis', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_treatment_diagnosis_diagnosis_code_id'), ['diagnosis_code_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_treatment_diagnosis_treatment_id'), ['treatment_id'], unique=False)

    op.create_table('treatment_item',
    sa.Column('treatment_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('scope', sa.SmallInteger(), nullable=False),
    sa.Column('surfaces', sa.String(length=8).with_variant(mysql.VARCHAR(length=8, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('unit_price', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('performed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('outcome', sa.String(length=24), nullable=True),
    sa.Column('outcome_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`outcome` IN ('good', 'partial', 'failed', 'redone')", name=op.f('ck_treatment_item_outcome')),
    sa.CheckConstraint('`scope` IN (0, 1, 2, 3, 4, 5)', name=op.f('ck_treatment_item_scope')),
    sa.CheckConstraint('discount >= 0 AND discount <= quantity * unit_price', name=op.f('ck_treatment_item_discount_within_line')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_treatment_item_quantity_positive')),
    sa.CheckConstraint('unit_price >= 0', name=op.f('ck_treatment_item_unit_price_not_negative')),
    sa.ForeignKeyConstraint(['performed_by'], ['employee.employee_id'], name=op.f('fk_treatment_item_performed_by')),
    sa.ForeignKeyConstraint(['service_id'], ['service_catalog.service_id'], name=op.f('fk_treatment_item_service_id')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_treatment_item_treatment_id')),
    sa.PrimaryKeyConstraint('treatment_item_id', name=op.f('pk_treatment_item')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('treatment_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_treatment_item_service_id'), ['service_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_treatment_item_treatment_id'), ['treatment_id'], unique=False)

    op.create_table('invoice_adjustment',
    sa.Column('invoice_adjustment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('invoice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('write-off', 'waiver', 'correction')", name=op.f('ck_invoice_adjustment_kind')),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_invoice_adjustment_amount_not_zero')),
    sa.ForeignKeyConstraint(['approved_by'], ['ab_user.id'], name=op.f('fk_invoice_adjustment_approved_by')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.invoice_id'], name=op.f('fk_invoice_adjustment_invoice_id')),
    sa.PrimaryKeyConstraint('invoice_adjustment_id', name=op.f('pk_invoice_adjustment')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('invoice_adjustment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invoice_adjustment_invoice_id'), ['invoice_id'], unique=False)

    op.create_table('invoice_item',
    sa.Column('invoice_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('invoice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('medicine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('text', sa.String(length=255), nullable=True),
    sa.Column('treatment_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('teeth', sa.String(length=120), nullable=True),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('unit_price', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('discount_reason', sa.String(length=255), nullable=True),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('line_total', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('line_total = quantity * unit_price - discount', name=op.f('ck_invoice_item_line_adds_up')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_invoice_item_quantity_positive')),
    sa.CheckConstraint('unit_price >= 0 AND discount >= 0 AND tax >= 0 AND line_total >= 0', name=op.f('ck_invoice_item_not_negative')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.invoice_id'], name=op.f('fk_invoice_item_invoice_id')),
    sa.ForeignKeyConstraint(['medicine_id'], ['medicine.medicine_id'], name=op.f('fk_invoice_item_medicine_id')),
    sa.ForeignKeyConstraint(['service_id'], ['service_catalog.service_id'], name=op.f('fk_invoice_item_service_id')),
    sa.ForeignKeyConstraint(['treatment_item_id'], ['treatment_item.treatment_item_id'], name=op.f('fk_invoice_item_treatment_item_id')),
    sa.PrimaryKeyConstraint('invoice_item_id', name=op.f('pk_invoice_item')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('invoice_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invoice_item_invoice_id'), ['invoice_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invoice_item_service_id'), ['service_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invoice_item_treatment_item_id'), ['treatment_item_id'], unique=False)

    op.create_table('payment_allocation',
    sa.Column('payment_allocation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('invoice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_payment_allocation_amount_not_zero')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.invoice_id'], name=op.f('fk_payment_allocation_invoice_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.payment_id'], name=op.f('fk_payment_allocation_payment_id')),
    sa.PrimaryKeyConstraint('payment_allocation_id', name=op.f('pk_payment_allocation')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('payment_allocation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payment_allocation_invoice_id'), ['invoice_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_allocation_payment_id'), ['payment_id'], unique=False)

    op.create_table('prescription_item',
    sa.Column('prescription_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('prescription_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('medicine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('dosage', sa.String(length=160), nullable=False),
    sa.Column('frequency', sa.String(length=160), nullable=False),
    sa.Column('duration', sa.String(length=80), nullable=True),
    sa.Column('route', sa.String(length=24), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('instructions', sa.String(length=255), nullable=True),
    sa.Column('override_reason', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`route` IN ('oral', 'rinse', 'topical', 'sublingual', 'intramuscular', 'intravenous', 'other')", name=op.f('ck_prescription_item_route')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_prescription_item_quantity_positive')),
    sa.ForeignKeyConstraint(['medicine_id'], ['medicine.medicine_id'], name=op.f('fk_prescription_item_medicine_id')),
    sa.ForeignKeyConstraint(['prescription_id'], ['prescription.prescription_id'], name=op.f('fk_prescription_item_prescription_id')),
    sa.PrimaryKeyConstraint('prescription_item_id', name=op.f('pk_prescription_item')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('prescription_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_prescription_item_medicine_id'), ['medicine_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_prescription_item_prescription_id'), ['prescription_id'], unique=False)

    op.create_table('treatment_item_tooth',
    sa.Column('treatment_item_tooth_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tooth_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('surfaces', sa.String(length=8).with_variant(mysql.VARCHAR(length=8, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.ForeignKeyConstraint(['tooth_id'], ['tooth_definition.tooth_id'], name=op.f('fk_treatment_item_tooth_tooth_id')),
    sa.ForeignKeyConstraint(['treatment_item_id'], ['treatment_item.treatment_item_id'], name=op.f('fk_treatment_item_tooth_treatment_item_id')),
    sa.PrimaryKeyConstraint('treatment_item_tooth_id', name=op.f('pk_treatment_item_tooth')),
    sa.UniqueConstraint('treatment_item_id', 'tooth_id', name=op.f('uq_treatment_item_tooth_treatment_item_id_tooth_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('treatment_item_tooth', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_treatment_item_tooth_tooth_id'), ['tooth_id'], unique=False)


# Dropping a table takes its indexes and keys along: dropping them first fails on MariaDB (1553).
TABLES = [
    'treatment_item_tooth',
    'prescription_item',
    'payment_allocation',
    'invoice_item',
    'invoice_adjustment',
    'treatment_item',
    'treatment_diagnosis',
    'tooth_finding',
    'prescription',
    'invoice',
    'treatment',
    'refund',
    'booking_slot',
    'appointment_status_change',
    'payment',
    'patient_search',
    'patient_relation',
    'patient_phone',
    'patient_insurance',
    'patient_account',
    'medical_history_entry',
    'appointment',
    'account_entry',
    'time_off',
    'shift',
    'service_price',
    'patient',
    'employee_position',
    'employee_phone',
    'ab_permission_view_role',
    'user_profile',
    'setting',
    'session_token',
    'service_catalog',
    'login_attempt',
    'job',
    'insurance_plan',
    'employee',
    'chair',
    'ab_user_role',
    'ab_user_group',
    'ab_permission_view',
    'ab_group_role',
    'ab_api_key',
    'tooth_definition',
    'share_link',
    'service_type',
    'room',
    'role_seed',
    'position',
    'medicine',
    'insurance_provider',
    'holiday',
    'document_counter',
    'diagnosis_code',
    'clinic',
    'audit_log',
    'ab_view_menu',
    'ab_user',
    'ab_role',
    'ab_register_user',
    'ab_permission',
    'ab_group',
]


def downgrade():
    for table in TABLES:
        op.drop_table(table)
