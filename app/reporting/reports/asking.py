"""What somebody asks of a report, read from the address; a slip of the keyboard is told and the usual shown instead."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import Text
from app.reporting.reports.kinds import Group, Measure, Report
from app.reporting.rules import Period, Preset, Scope, Step, before, check_period, period_of, step_for

SHORT = {Preset.WEEK, Preset.MONTH, Preset.LAST_MONTH}


@dataclass(frozen=True, slots=True)
class Ask:
    """A report, its period and what it is compared with, the group or step, the measure drawn, and the filters."""

    report: Report
    preset: Preset
    period: Period
    today: date
    step: Step | None = None
    group: Group | None = None
    measure: Measure | None = None
    doctor: int | None = None
    service: int | None = None

    @property
    def earlier(self) -> Period | None:
        """The period before; none for what is shown as it stands."""
        return before(self.preset, self.period) if self.report.at is not None else None

    @property
    def by(self) -> str:
        """The group or step, as the address says it."""
        return self.step.value if self.step else self.group.key if self.group else ""

    @property
    def scope(self) -> Scope:
        """Whether doctors are asked for, or the whole clinic."""
        by_doctor = self.group is not None and self.group.narrows == "doctor"
        return Scope.DOCTORS if self.doctor or by_doctor else Scope.CLINIC

    @property
    def measures(self) -> list[Measure]:
        """The measures that are known for what is asked."""
        return [one for one in self.report.measures if self.scope is Scope.CLINIC or not one.clinic_only]

    def chosen(self) -> Measure:
        """The measure that is drawn."""
        return self.measure if self.measure in self.measures else self.measures[0]  # type: ignore[return-value]

    def query(self, **changes: str) -> dict[str, str]:
        """The address of this question, with changes; an empty one drops a part."""
        dates = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        asked = {
            "period": self.preset.value,
            **(dates if self.preset is Preset.CUSTOM else {}),
            "by": self.by,
            "measure": self.chosen().key,
            "doctor": str(self.doctor or ""),
            "service": str(self.service or ""),
            **changes,
        }
        return {key: value for key, value in asked.items() if value}


def ask_of(report: Report, args: Mapping[str, str], today: date) -> tuple[Ask, Text | None]:
    """The question of an address, and what was wrong with it."""
    preset, period, problem = _period(args, today)
    ask = Ask(
        report,
        preset,
        period,
        today,
        measure=report.measure(args.get("measure", "")),
        doctor=parse_key(args.get("doctor")) if "doctor" in report.filters else None,
        service=parse_key(args.get("service")) if "service" in report.filters else None,
    )
    return _grouped(ask, args.get("by", "")), problem


def _period(args: Mapping[str, str], today: date) -> tuple[Preset, Period, Text | None]:
    preset = next((one for one in Preset if one.value == args.get("period")), Preset.MONTH)
    if preset is not Preset.CUSTOM:
        return preset, period_of(preset, today), None
    try:
        period = check_period(parse_date(args.get("from", "")), parse_date(args.get("to", "")))
    except RuleError as error:
        return Preset.MONTH, period_of(Preset.MONTH, today), error.text
    return preset, period, None


def _grouped(ask: Ask, by: str) -> Ask:
    report = ask.report
    group = next((one for one in report.groups if one.key == by), None)
    if group is not None or report.at is None or not report.has_steps:
        return replace(ask, group=group or report.groups[0])
    usual = Step.DAY if ask.preset in SHORT else Step.MONTH
    wanted = next((one for one in Step if one.value == by), usual)
    return replace(ask, step=step_for(ask.period, wanted))
