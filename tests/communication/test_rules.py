"""Parts of a text message, Latin letters, placeholders, night, opt-outs, moves of a message."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communication import rules
from app.communication.rules import Channel, MessageStatus
from app.communication.rules.sending import QUIET
from app.kernel.errors import RuleError
from tests.factories.scheduling import ZONE

S = MessageStatus


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0), ("a", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("а" * 70, 1), ("а" * 71, 2), ("а" * 134, 2), ("а" * 135, 3), ("a" * 69 + "ө", 1), ("a" * 70 + "ө", 2),
        ("€" * 80, 1), ("€" * 81, 2), ("😀" * 35, 1), ("😀" * 36, 2),
        ("a" * 152 + "€" + "a" * 10, 2), ("a" * 152 + "€" + "a" * 152, 3),  # a sign of two is not cut in half
    ],
)  # fmt: skip
def test_how_many_parts_a_text_takes(text: str, parts: int) -> None:
    assert rules.size_of(text).parts == parts


@given(st.text(max_size=600), st.text(max_size=50))
def test_a_longer_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert rules.size_of(text + more).parts >= rules.size_of(text).parts


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("Таны цаг маргааш 14:30", "Tanii tsag margaash 14:30"),
        ("Сайн байна уу", "Sain baina uu"),
        ("Ерөнхий эмч", "Yerunhii emch"),
        ("гэрээ, дээр, үе", "geree, deer, uye"),
        ("Өвөрхангай", "Uvurhangai"),
        ("Хөдөө, цагийг", "Hudoo, tsagiig".replace("Hudoo", "Huduu")),
        ("тань харья", "tani harya"),
        ("ЯАРАЛТАЙ", "YAARALTAI"),
        ("Ширээ №5, Я", "Shiree No.5, Ya"),
        ("төлбөр 50,000 ₮ — «баярлалаа»…", 'tulbur 50,000 MNT - "bayarlalaa"...'),
        ("Hello, Bat!", "Hello, Bat!"),
        ("", ""),
    ],
)
def test_mongolian_as_people_write_it_in_latin(written: str, latin: str) -> None:
    assert rules.in_latin(written) == latin


MONGOLIAN = "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя"


@given(st.text(alphabet=MONGOLIAN + MONGOLIAN.upper() + " .,:-0123456789₮№«»", max_size=200))
def test_latin_letters_always_fit_the_small_alphabet(text: str) -> None:
    assert rules.size_of(rules.in_latin(text)).is_gsm


@given(st.text(max_size=200))
def test_any_text_can_be_spelt_and_measured(text: str) -> None:
    assert rules.size_of(rules.in_latin(text)).parts >= 0


def wording(**values: str | None) -> dict[str, str | None]:
    return {"body_mn": "Сайн уу {patient}", "body_en": "Hi {patient}", "subject_mn": None, "subject_en": None, **values}


@pytest.mark.parametrize(
    "bad", ["{name}", "{}", "{patient.__class__}", "{PATIENT}", "{patient", "time}", "{{date}}", "{0}"]
)
def test_a_placeholder_nobody_knows_is_refused_on_its_field(bad: str) -> None:
    with pytest.raises(RuleError) as refused:
        rules.check_wording(wording(body_en=f"Hello {bad}"), Channel.SMS, False)
    assert {field for field, _ in refused.value.errors} == {"body_en"}


def test_an_email_needs_its_subjects_and_a_text_an_end() -> None:
    rules.check_wording(wording(), Channel.SMS, False)
    with pytest.raises(RuleError) as refused:
        rules.check_wording(wording(subject_mn="А"), Channel.EMAIL, False)
    assert [field for field, _ in refused.value.errors] == ["subject_en"]
    with pytest.raises(RuleError):
        rules.check_wording(wording(body_mn="я" * 500), Channel.SMS, False)
    rules.check_wording(wording(body_mn="б" * 500), Channel.SMS, True)
    rules.check_wording(wording(body_mn="я" * 5_000, subject_mn="А", subject_en="A"), Channel.EMAIL, False)


@given(st.dictionaries(st.sampled_from(sorted(rules.PLACEHOLDERS)), st.text(max_size=20)))
def test_filling_in_puts_in_what_is_known_and_nothing_else(values: dict[str, str]) -> None:
    text = " ".join(f"{{{name}}}" for name in rules.PLACEHOLDERS)
    expected = " ".join(values.get(name) or f"{{{name}}}" for name in rules.PLACEHOLDERS)
    assert rules.fill_in(text, values) == expected


def test_a_text_with_a_gap_does_not_go_out() -> None:
    rules.check_text("Маргааш 10:00")
    with pytest.raises(RuleError):
        rules.check_text("Маргааш {time}")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [("2026-11-20 20:59", "2026-11-20 20:59"), ("2026-11-20 21:00", "2026-11-21 08:00"),
     ("2026-11-20 23:59", "2026-11-21 08:00"), ("2026-11-21 00:00", "2026-11-21 08:00"),
     ("2026-11-21 07:59", "2026-11-21 08:00"), ("2026-11-21 08:00", "2026-11-21 08:00")],
)  # fmt: skip
def test_what_falls_into_the_night_waits_for_the_morning(typed: str, sent: str) -> None:
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=ZONE) for text in (typed, sent))
    assert rules.by_day(at, ZONE, *QUIET) == expected


@given(st.integers(0, 5_000_000), st.integers(0, 23), st.integers(0, 23))
def test_nothing_goes_out_early_or_at_night(minutes: int, quiet_from: int, quiet_until: int) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    sent = rules.by_day(moment, ZONE, time(quiet_from), time(quiet_until))
    assert moment <= sent <= moment + timedelta(days=1)
    assert rules.by_day(sent, ZONE, time(quiet_from), time(quiet_until)) == sent


def test_nobody_gets_what_they_do_not_want() -> None:
    rules.check_opt_in(Channel.SMS, sms=True, email=False, marketing=False, is_offer=False)
    for sms, email, marketing, offer, channel in (
        (False, True, True, False, Channel.SMS), (True, False, True, False, Channel.EMAIL),
        (True, True, False, True, Channel.SMS),
    ):  # fmt: skip
        with pytest.raises(RuleError):
            rules.check_opt_in(channel, sms=sms, email=email, marketing=marketing, is_offer=offer)


def test_only_what_failed_or_waits_can_be_taken_back_and_what_is_sent_stays() -> None:
    assert {state for state in S if rules.MOVES.allows(state, S.CANCELLED)} == {S.QUEUED, S.FAILED}
    assert not rules.MOVES.after(S.DELIVERED)
    assert not rules.MOVES.after(S.CANCELLED)


def test_a_call_is_no_prophecy_and_no_marathon() -> None:
    now = datetime(2026, 11, 20, 3, tzinfo=UTC)
    rules.check_call(now - timedelta(hours=1), now, now)
    rules.check_call(now, None, now)
    for begin, end in (
        (now + timedelta(hours=1), None), (now, now - timedelta(minutes=1)),
        (now - timedelta(hours=9), now), (now, now + timedelta(hours=1)),
    ):  # fmt: skip
        with pytest.raises(RuleError):
            rules.check_call(begin, end, now)
