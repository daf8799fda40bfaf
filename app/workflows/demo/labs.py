"""Labs of the demo clinic: what they were asked for, in every state, and what came back."""

import random
from datetime import datetime, timedelta

from app.kernel.dates import clinic_date
from app.lab.models import Lab, LabRequest, LabResult
from app.lab.rules import LabRequestKind, LabRequestStatus, ResultFlag, due_day
from app.workflows.demo.calendar import Visit
from app.workflows.demo.world import World

S, F = LabRequestStatus, ResultFlag
LABS = (
    (
        "Шүдний лаборатори “Эмти”",
        "7700 1122",
        "order@emti.mn",
        7,
        "Циркон, шаазан бүрээс. Даваа, пүрэв гарагт авч явна.",
    ),
    ("“Дентал Арт” лаборатори", "7711 3344", "lab@dentalart.mn", 5, "Авагддаг шүдэлбэр, гажиг заслын аппарат."),
    ("Эмнэлгийн лаборатори “Сувд”", "7722 5566", "info@suvdlab.mn", 2, "Цусны шинжилгээ, эдийн шинжилгээ."),
)
WORK = (
    ("Циркон бүрээс", "Циркон", 180_000), ("Металл шаазан бүрээс", "Кобальт-хром, шаазан", 110_000),
    ("Гүүрэн шүдэлбэр, 3 нэгж", "Циркон", 420_000), ("Авагддаг шүдэлбэр, хагас", "Акрил", 260_000),
    ("Шөнийн хамгаалах капп", "Полимер", 90_000),
)  # fmt: skip
SHADES = ("A1", "A2", "A3", "A3.5", "B1", "B2", "C2")
# test, value, unit, range, what it means
TESTS = (
    ("Глюкоз", "5.2", "ммоль/л", "3.9–6.1", F.NORMAL), ("Протромбины хугацаа (INR)", "1.1", "", "0.8–1.2", F.NORMAL),
    ("Гемоглобин", "118", "г/л", "120–160", F.LOW), ("Лейкоцит", "11.4", "10⁹/л", "4.0–9.0", F.HIGH),
    ("Глюкоз", "7.8", "ммоль/л", "3.9–6.1", F.HIGH),
)  # fmt: skip
ALARM = ("Протромбины хугацаа (INR)", "5.8", "", "0.8–1.2", F.CRITICAL)
ACTIONS = {F.LOW: "Дотрын эмчид хандахыг зөвлөсөн.", F.HIGH: "Дотрын эмчид илгээж, мэс заслыг хойшлуулсан."}
RECENT = timedelta(days=30)
MUST = (S.DRAFT, S.SENT, S.IN_PROGRESS, S.RECEIVED, S.REJECTED, S.CANCELLED, S.FITTED, S.SENT)  # in any case


class Labs:
    """Makes labs and requests; chance of its own, so that the rest of the clinic stays as it is."""

    def __init__(self, world: World) -> None:
        self.world, self.chance, self.shown = world, random.Random("labs"), 0
        self.tests, at = 0, world.now - timedelta(days=400)
        self.labs = [
            (
                world.store.add(
                    Lab, name=name, phones=phones, email=email, working_days=days, turnaround_note=note,
                    is_active=True, created_at=at, updated_at=at,
                ),
                days,
            )
            for name, phones, email, days, note in LABS
        ]  # fmt: skip

    def after(self, visit: Visit, treatment_id: int, service: str, codes: list[str], done: datetime) -> None:
        """What this visit asked a lab for."""
        is_recent = self.world.now - done < RECENT
        if is_recent and self.shown < len(MUST):
            self._work(visit, treatment_id, codes, done, MUST[self.shown])
            self.shown += 1
        elif service.startswith(("PRO", "IMP-05", "IMP-06")):
            status = self.chance.choice((S.SENT, S.IN_PROGRESS, S.RECEIVED)) if is_recent else S.FITTED
            self._work(visit, treatment_id, codes, done, status)
        if (service.startswith(("SUR", "IMP")) and self.chance.random() < 0.2) or (is_recent and not self.tests):
            self._test(visit, treatment_id, done)

    def _work(
        self, visit: Visit, treatment_id: int, codes: list[str], done: datetime, status: LabRequestStatus
    ) -> None:
        what, material, cost = self.chance.choice(WORK)
        teeth = codes[:3] or [self.chance.choice(("11", "16", "26", "36", "46"))]
        self._request(
            visit, treatment_id, done, self.labs[self.chance.randrange(2)], status,
            kind=LabRequestKind.PROSTHETIC_WORK, description=what, material=material, teeth=", ".join(sorted(teeth)),
            shade=self.chance.choice(SHADES), cost=0 if status in (S.DRAFT, S.CANCELLED) else cost,
        )  # fmt: skip

    def _request(
        self,
        visit: Visit,
        treatment_id: int,
        done: datetime,
        lab: tuple[int, int],
        status: LabRequestStatus,
        **work: object,
    ) -> int:
        lab_id, days = lab
        sent = done + timedelta(minutes=30) if status not in (S.DRAFT, S.CANCELLED) else None
        sent = min(sent, self.world.now) if sent else None
        due = due_day(clinic_date(sent, self.world.zone), days, self.world.closed) if sent else None
        is_back = status in (S.RECEIVED, S.FITTED, S.REJECTED)
        back = min(sent + timedelta(days=days), self.world.now) if sent and is_back else None
        return self.world.store.add(
            LabRequest, patient_id=visit.person.patient_id, doctor_id=visit.doctor.employee_id, lab_id=lab_id,
            treatment_id=treatment_id, sent_at=sent, due_on=due, received_at=back, status=status, created_at=done,
            updated_at=back or sent or done, **work,
        )  # fmt: skip

    def _test(self, visit: Visit, treatment_id: int, done: datetime) -> None:
        """A test with its result; the first one is critical and waits for its doctor."""
        test, value, unit, normal, flag = ALARM if not self.tests else self.chance.choice(TESTS)
        self.tests += 1
        back = min(done + timedelta(days=2), self.world.now)
        request = self._request(
            visit, treatment_id, done, self.labs[2], S.RECEIVED, kind=LabRequestKind.MEDICAL_TEST,
            description=f"{test}, мэс заслын өмнө", material=None, teeth=None, shade=None, cost=25_000,
        )  # fmt: skip
        is_reviewed = flag is not F.CRITICAL and self.world.now - back > timedelta(days=1)
        self.world.store.add(
            LabResult, lab_request_id=request, test_name=test, value=value, unit=unit or None, reference_range=normal,
            flag=flag, stored_file_id=None, reported_at=back, reviewed_at=back if is_reviewed else None,
            reviewed_by=visit.doctor.user_id if is_reviewed else None, follow_up=None,
            action=ACTIONS.get(flag) if is_reviewed else None, created_at=back, updated_at=back,
        )  # fmt: skip
