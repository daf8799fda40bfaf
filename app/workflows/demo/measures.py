"""The kept sums of the demo clinic's closed days, computed in the database from what was loaded."""

from app.reporting import actions, queries
from app.reporting.rules import days_to_close
from app.workflows.demo.world import World


def keep_measures(world: World) -> int:
    """Close every day before the one the clinic is loaded on. Returns how many rows are kept."""
    period = days_to_close(queries.first_day(world.session, world.zone), None, world.today)
    return actions.close_days(world.session, period, world.zone, world.now) if period else 0
