"""Free times for several visits of one patient: what is known of a month is read once for all of them."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.kernel.dates import add_months, clinic_date, day_bounds
from app.scheduling.queries.finding import BEYOND, Known, Place, chairs_of, doctors_of
from app.scheduling.rules import SLOT, Terms
from app.scheduling.rules.finding import MONTHS_AHEAD, Free, Stretch, Wish, check_wish

BLOCK = timedelta(days=28)


class Finder:
    """Looks for the visits of a series one after the other, each not before the last one.

    All wishes are of the same patient, doctors and kind of chair. 2 statements, and 4 for each four weeks looked at.
    """

    def __init__(self, session: Session, *, now: datetime, terms: Terms) -> None:
        self.session, self.now, self.terms = session, now, terms
        last = add_months(clinic_date(now, terms.zone), MONTHS_AHEAD)
        self.last = day_bounds(last, terms.zone)[1] - SLOT
        self.start: datetime | None = None
        self.place: Place | None = None
        self.blocks: dict[int, Known] = {}

    def first(self, wish: Wish, count: int) -> list[Free]:
        """As `first_free`. Raises RuleError for a senseless wish."""
        check_wish(wish)
        wish = replace(wish, earliest=max(wish.earliest, self.now), latest=min(wish.latest, self.last))
        if self.start is None:
            chairs = chairs_of(self.session, wish)
            if chairs is not None:
                self.place = Place(self.session, self.terms, doctors_of(self.session, wish), chairs)
            self.start = day_bounds(clinic_date(wish.earliest, self.terms.zone), self.terms.zone)[0]
        found: list[Free] = []
        number = max(0, (wish.earliest - self.start) // BLOCK)
        while self.place is not None and len(found) < count:
            stretch, until = self._stretch(number)
            if stretch.start > wish.latest:
                break
            part = replace(wish, latest=min(wish.latest, until - SLOT))
            if part.earliest <= part.latest:
                found += self._known(self.place, number, wish, stretch).first(part, count - len(found))
            number += 1
        return found

    def _stretch(self, number: int) -> tuple[Stretch, datetime]:
        assert self.start is not None
        zone = self.terms.zone
        first = clinic_date(self.start, zone) + number * BLOCK
        at, until = day_bounds(first, zone)[0], day_bounds(first + BLOCK, zone)[0]
        return Stretch(at, (until + BEYOND - at) // SLOT), until

    def _known(self, place: Place, number: int, wish: Wish, stretch: Stretch) -> Known:
        if number not in self.blocks:
            self.blocks[number] = Known(place, wish, stretch)
        return self.blocks[number]
