"""The outbox, the wordings, the log of everything, and the files' rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.communication import actions
from app.communication.models import Message, MessageTemplate, Sms
from app.communication.reference import load
from app.communication.rules import Channel, ContactType, MessageStatus, check_wording
from app.files.rules import safe_name, said_size
from app.kernel.errors import RuleError
from app.people.models import Patient
from tests.communication.test_contacts import phones_with
from tests.factories import communication, files, people
from tests.factories.clinic import CAST, Clinic
from tests.factories.communication import NUMBER, now

S = MessageStatus


def the(clinic: Clinic, model: Any) -> Any:
    return clinic.session.query(model).one()


def patient(clinic: Clinic, **values: Any) -> int:
    return clinic.make(people.patient, own_phones=phones_with(NUMBER), **values).patient_id


def write(clinic: Clinic, role: str = "Receptionist", **values: Any) -> Any:
    form = {"phone_number": "", "body": "Маргааш 10:00 цагт", "once": "a1", **values}
    return clinic.client(role).submit("/sms/write", form)


@pytest.mark.both
def test_a_text_waits_once_however_often_it_is_sent(clinic: Clinic) -> None:
    key = patient(clinic)
    assert write(clinic, patient_id=key).status_code == 302
    assert write(clinic, patient_id=key).status_code == 302
    message = the(clinic, Message)
    assert (message.to, message.patient_id, message.status) == (NUMBER, key, S.QUEUED)
    assert clinic.count(Sms) == 0, "nothing pretends to have been sent"


def test_a_text_goes_out_in_latin_letters_where_asked(clinic: Clinic) -> None:
    assert write(clinic, phone_number="80990099", latin="y").status_code == 302
    assert the(clinic, Message).body == "Margaash 10:00 tsagt"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"body": ""}, 422), ({"body": "Маргааш {time}"}, 422), ({"body": "я" * 900}, 422), ({"body": "x" * 5_000}, 422),
     ({"phone_number": "=cmd"}, 422), ({"phone_number": ""}, 422), ({"patient_id": "999999999"}, 422),
     ({"patient_id": "-1"}, 422), ({"body": "a\x00b"}, 422)],
)  # fmt: skip
def test_a_text_that_cannot_go_out_is_refused(clinic: Clinic, wrong: dict[str, str], status: int) -> None:
    assert write(clinic, **{"phone_number": "80990099", **wrong}).status_code == status
    assert clinic.count(Message) == 0


def test_a_strange_form_key_is_no_error(clinic: Clinic) -> None:
    for once in ("", "'; drop", "x" * 300, "ө"):
        assert write(clinic, phone_number="80990099", once=once).status_code == 302
    assert clinic.count(Message) == 4


@pytest.mark.parametrize("by_number", [True, False])
def test_who_wants_no_texts_gets_none_also_by_number(clinic: Clinic, by_number: bool) -> None:
    key = patient(clinic, sms_opt_in=False)
    to = {"phone_number": "80990099"} if by_number else {"patient_id": key}
    assert write(clinic, **to).status_code == 422
    assert clinic.count(Message) == 0


def test_offers_go_only_to_who_wants_them(clinic: Clinic) -> None:
    key = patient(clinic)
    assert write(clinic, patient_id=key, is_offer="y").status_code == 422
    clinic.unit(lambda s: setattr(s.get_one(Patient, key), "marketing_opt_in", True))
    assert write(clinic, patient_id=key, is_offer="y").status_code == 302


@pytest.mark.both
def test_a_text_that_went_out_is_written_into_the_log_in_the_same_step(clinic: Clinic) -> None:
    key = patient(clinic)
    sent = clinic.make(communication.message).message_id
    clinic.unit(lambda s: actions.mark_sent(s, s.get_one(Message, sent), now()))
    row = the(clinic, Sms)
    assert (row.message_id, row.contact_type, row.contacter_id) == (sent, ContactType.PATIENT, key)
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.mark_sent(s, s.get_one(Message, sent), now()))


@pytest.mark.both
def test_what_waits_is_taken_back_and_what_failed_is_tried_again(clinic: Clinic) -> None:
    waiting = clinic.make(communication.message).message_id
    failed = clinic.make(communication.message).message_id

    def fail(session: Any) -> None:
        row = session.get_one(Message, failed)
        row.status, row.attempts, row.last_error = S.FAILED, 5, "no answer"

    clinic.unit(fail)
    desk = clinic.client("Coordinator")
    desk.submit(f"/messages/{waiting}/cancel")
    desk.submit(f"/messages/{failed}/retry")
    rows = {row.message_id: row for row in clinic.session.query(Message)}
    assert (rows[waiting].status, rows[failed].status) == (S.CANCELLED, S.QUEUED)
    assert (rows[failed].attempts, rows[failed].last_error) == (0, None)
    desk.submit(f"/messages/{waiting}/retry")  # a message taken back stays so
    assert clinic.session.get_one(Message, waiting).status is S.CANCELLED


@pytest.mark.parametrize("status", [S.QUEUED, S.SENDING, S.SENT, S.DELIVERED, S.CANCELLED])
def test_only_what_failed_is_tried_again(clinic: Clinic, status: MessageStatus) -> None:
    key = clinic.make(communication.message).message_id
    clinic.unit(lambda s: setattr(s.get_one(Message, key), "status", status))
    assert clinic.client("Coordinator").submit(f"/messages/{key}/retry").status_code == 302
    assert the(clinic, Message).status is status


def test_a_doctor_reads_the_outbox_and_changes_nothing(clinic: Clinic) -> None:
    key = clinic.make(communication.message).message_id
    doctor = clinic.client("Doctor")
    assert doctor.get("/communication").status_code == 200
    assert f"/messages/{key}/cancel" not in doctor.get(f"/messages/{key}").text
    assert doctor.submit(f"/messages/{key}/cancel").status_code == 403
    assert doctor.get("/message-templates/add").status_code == 403
    for role in ("Nurse", "Assistant", "Patient"):
        for path in ("/communication", "/messages", "/message-templates", f"/messages/{key}"):
            assert clinic.client(role).get(path).status_code == 403


@pytest.mark.both
def test_the_log_shows_everything_by_time_and_one_person_alone(clinic: Clinic) -> None:
    key = patient(clinic)
    call = clinic.make(communication.call).call_id
    text = clinic.make(communication.text).sms_id
    waits = clinic.make(communication.message).message_id
    gone = clinic.make(communication.message).message_id
    clinic.unit(lambda s: actions.mark_sent(s, s.get_one(Message, gone), now()))
    other = clinic.make(communication.call, number="+97680990077").call_id
    mail = clinic.make(communication.message, to="a@example.mn", channel=Channel.EMAIL, subject="Төлөвлөгөө").message_id
    desk = clinic.client("Receptionist")
    whole = desk.get("/communication").text
    for path in (f"/calls/{call}", f"/calls/{other}", f"/sms/{text}", f"/messages/{waits}", f"/messages/{mail}"):
        assert f'href="{path}"' in whole
    assert f'href="/messages/{gone}"' not in whole, "it stands there as a text"
    own = desk.get(f"/communication?patient_id={key}").text
    assert f'href="/calls/{call}"' in own
    assert f'href="/messages/{waits}"' in own
    assert f'href="/calls/{other}"' not in own
    assert f'href="/messages/{mail}"' not in own
    only = desk.get("/communication?kind=call").text
    assert f'href="/sms/{text}"' not in only
    tomorrow = (clinic.today + timedelta(days=1)).isoformat()
    assert f'href="/calls/{call}"' not in desk.get(f"/communication?from={tomorrow}").text


@pytest.mark.parametrize(
    "query", ["page=-1", "page=10" + "0" * 30, "from=2026-02-30", "kind=x", "patient_id=x", "to=%00"]
)
def test_a_strange_address_of_the_log_is_no_error(clinic: Clinic, query: str) -> None:
    assert clinic.client("Manager").get(f"/communication?{query}").status_code == 200


def test_the_log_has_pages(clinic: Clinic) -> None:
    for _ in range(2):
        clinic.unit(lambda s: [communication.call(s) for _ in range(20)])
    desk = clinic.client("Manager")
    first, second = desk.get("/communication").text, desk.get("/communication?page=2").text
    assert (first.count('<li class="in">'), second.count('<li class="in">')) == (30, 10)


def test_every_wording_that_comes_along_can_be_sent_and_comes_once(clinic: Clinic) -> None:
    rows = clinic.session.query(MessageTemplate).all()
    assert {"appointment-reminder-24hr", "appointment-reminder-1hr", "treatment-plan-email"} <= {
        row.code for row in rows
    }
    for row in rows:
        texts = {name: getattr(row, name) for name in ("body_mn", "body_en", "subject_mn", "subject_en")}
        check_wording(texts, row.channel, row.latin)
    clinic.unit(lambda s: setattr(s.get_one(MessageTemplate, rows[0].message_template_id), "body_mn", "Өөрсдийн үг"))
    clinic.unit(lambda s: load(s, clinic.today))
    assert clinic.count(MessageTemplate) == len(rows)
    assert clinic.session.get_one(MessageTemplate, rows[0].message_template_id).body_mn == "Өөрсдийн үг"


TEMPLATE = {"code": "own", "variant": "A", "channel": "sms", "weight": "100", "body_mn": "Сайн уу", "body_en": "Hello"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"body_mn": "{oops}"}, "body_mn"), ({"weight": "101"}, "weight"), ({"weight": "-1"}, "weight"),
     ({"channel": "email"}, "subject_mn"), ({"code": ""}, "code"), ({"body_en": ""}, "body_en"), ({"code": "ө"}, "code"), ({"code": "=cmd"}, "code"),
     ({"code": "a" * 61}, "code")],
)  # fmt: skip
def test_a_wording_is_refused_on_its_field(clinic: Clinic, wrong: dict[str, str], field: str) -> None:
    answer = clinic.client("Manager").submit("/message-templates/add", {**TEMPLATE, **wrong})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


@pytest.mark.both
def test_a_wording_is_kept_once_and_shows_how_it_reads(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    form = {**TEMPLATE, "body_mn": "{patient}, <b>маргааш</b>"}
    assert manager.submit("/message-templates/add", form).status_code == 302
    assert manager.submit("/message-templates/add", form).status_code == 409
    key = clinic.session.query(MessageTemplate).filter(MessageTemplate.code == "own").one().message_template_id
    page = manager.get(f"/message-templates/{key}").text
    assert "Бат-Эрдэнэ, &lt;b&gt;" in page
    assert "Bat-Erdene" in page


def test_a_template_fills_the_form_with_what_is_known(clinic: Clinic) -> None:
    key = patient(clinic, first_name="Мөнхбат")
    template = clinic.make(communication.template).message_template_id
    page = clinic.client("Receptionist").get(f"/sms/write?patient_id={key}&template={template}").text
    assert "Сайн байна уу, Мөнхбат" in page
    assert clinic.client("Receptionist").get("/sms/write?patient_id=x&template=99999999").status_code == 200


def test_while_one_types_the_parts_are_counted(clinic: Clinic) -> None:
    answer = clinic.client("Receptionist").submit("/sms/write/size", {"body": "Сайн байна уу"})
    assert "Sain baina uu" in answer.text


def test_the_rows_of_files_are_an_admins_and_their_keys_nobodys(clinic: Clinic) -> None:
    row = clinic.make(files.stored_file, original_name="<b>зураг</b>.png")
    for role in CAST:
        status = clinic.client(role).get("/stored-files/").status_code
        assert status == (200 if role == "Admin" else 403), role
    admin = clinic.client("Admin")
    for path in ("/stored-files/", f"/stored-files/{row.stored_file_id}", "/stored-files/export.csv"):
        page = admin.get(path).text
        assert row.key not in page
        assert said_size(row.bytes) in page
    assert "<b>зураг" not in admin.get("/stored-files/").text


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_621_440, "2.5 MB"), (10**15, "909 TB")],
)
def test_sizes_are_said_as_people_say_them(size: int, said: str) -> None:
    assert said_size(size) == said


@pytest.mark.parametrize(
    ("name", "kept"),
    [("зураг.png", "зураг.png"), ("../../etc/passwd", "passwd"), ("C:\\a\\b.jpg", "b.jpg"), ("a\x00b\n.png", "ab.png"),
     ("", "file"), ("...", "file"), ("\u202egnp.exe", "gnp.exe"), ("x" * 300 + ".png", "x" * 116 + ".png")],
)  # fmt: skip
def test_a_name_is_safe_to_give_back(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_the_same_reason_queues_one_message(clinic: Clinic) -> None:
    for _ in range(2):
        clinic.make(communication.message, dedupe_key="appointment:42:v7:reminder-24hr")
    assert clinic.count(Message) == 1
    assert the(clinic, Message).created_at <= datetime.now(UTC)
