"""What the demo clinic wrote down of its visits: notes in four parts, and the tooth chart as exams left it."""

import random
from datetime import datetime

from app.clinical.models import OdontogramSnapshot, SoapNote
from app.clinical.rules import chart_hash, chart_of
from app.workflows.demo.calendar import Visit
from app.workflows.demo.world import World

WRITTEN, DRAWN = 0.3, 0.3  # of all visits; of all exams
SUBJECTIVE = (
    "Хүйтэн, чихэрлэг зүйлд шүд эмзэглэнэ.",
    "Өвдөлтгүй, хяналтын үзлэгт ирсэн.",
    "Зажлахад өвдөнө, шөнө намддаг.",
)
OBJECTIVE = (
    "Зуултын гадаргуу дээр цоорол, тогшиход өвдөлтгүй.",
    "Буйл ягаан, цус гараагүй.",
    "Тогшиход эмзэг, хөдөлгөөнгүй.",
)
ASSESSMENT = ("Дунд гүний цоорол.", "Эрүүл, өнгөр бага зэрэг.", "Шүдний зөөлцийн үрэвсэл.")
PLAN = ("Ломбо тавьсан. 6 сарын дараа үзнэ.", "Ариун цэврийн зөвлөгөө өгсөн.", "Сувгийн эмчилгээг үргэлжлүүлнэ.")


class Notes:
    """Makes notes and snapshots; chance of its own, so that the rest of the clinic stays as it is."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, random.Random("notes")

    def after(self, visit: Visit, treatment_id: int, is_exam: bool, done: datetime) -> None:
        """What was written of this visit."""
        if self.chance.random() < WRITTEN:
            self._note(visit, treatment_id, done)
        if is_exam and self.chance.random() < DRAWN:
            self._snapshot(visit, treatment_id, done)

    def _note(self, visit: Visit, treatment_id: int, done: datetime) -> None:
        which, is_old = self.chance.randrange(3), done < self.world.at(self.world.today, 0)
        self.world.store.add(
            SoapNote, treatment_id=treatment_id, subjective=SUBJECTIVE[which], objective=OBJECTIVE[which],
            assessment=ASSESSMENT[which], plan=PLAN[which], author=visit.doctor.user_id,
            signed_at=done if is_old else None, addendum_to=None, created_at=done,
            updated_at=done,
        )  # fmt: skip

    def _snapshot(self, visit: Visit, treatment_id: int, done: datetime) -> None:
        person = visit.person
        findings = [
            *((code, "caries", "existing", "") for code, _ in person.caries),
            *((code, condition.value, "done", surfaces) for code, condition, surfaces in person.marks),
            *((code, "missing", "existing", "") for code in person.gone),
        ]
        chart = chart_of(person.dentition.value, findings)
        self.world.store.add(
            OdontogramSnapshot, patient_id=person.patient_id, treatment_id=treatment_id, chart=chart,
            hash=chart_hash(chart), created_at=done,
        )  # fmt: skip
