"""What the demo clinic's patients agreed to when they first came, and what a few took back."""

import random
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.catalogue.models import ConsentTemplate
from app.clinical.models import Consent
from app.clinical.rules import ConsentWay
from app.clinical.rules.consents import text_of
from app.security.rules import Locale
from app.workflows.demo.patients import Person
from app.workflows.demo.world import World

WITHDRAWN, ON_SCREEN = 0.1, 0.2


def add_consents(world: World, people: Sequence[Person]) -> None:
    """Everybody to the use of their data, some to offers, as their wishes on the record say."""
    chance = random.Random(len(people))  # of its own: the rest of the clinic stays as it was
    texts = {row.code: row for row in world.session.scalars(sa.select(ConsentTemplate))}
    grown = {person.patient_id: person for person in people}
    for person in people:
        if person.is_provisional:
            continue
        signer = grown[person.payer] if person.payer else person
        _add(world, chance, person, signer, texts["personal-data"], False)
        if person.row.get("marketing_opt_in"):
            _add(world, chance, person, signer, texts["marketing"], False)
        elif chance.random() < WITHDRAWN:
            _add(world, chance, person, signer, texts["marketing"], True)


def _add(
    world: World, chance: random.Random, person: Person, signer: Person, text: ConsentTemplate, is_withdrawn: bool
) -> None:
    signed_at = min(world.at(person.joined, 9 * 60 + chance.randrange(60)), world.now)
    locale = person.row.get("preferred_locale", Locale.MN)
    shown = (text.title_mn, text.body_mn) if locale is Locale.MN else (text.title_en, text.body_en)
    world.store.add(
        Consent, patient_id=person.patient_id, consent_template_id=text.consent_template_id, kind=text.kind,
        locale=locale, text=text_of(*shown), signed_by=f"{signer.row['last_name']} {signer.row['first_name']}",
        signed_at=signed_at, way=ConsentWay.ELECTRONIC if chance.random() < ON_SCREEN else ConsentWay.PAPER,
        withdrawn_at=min(signed_at + timedelta(days=60), world.now) if is_withdrawn else None,
        withdraw_reason="Мессеж хүлээж авахыг хүсэхгүй байна." if is_withdrawn else None,
    )  # fmt: skip
