// From what the server told to what the library draws: columns, visits, and what lies behind them.

import { atMinute, clockOf, dayOf, escape, fill, fromLibrary, icon, isNarrow, minuteOf, minutesBetween, plusDays, settings, state, texts } from "calendar/state";

const FIRST = 9 * 60, LAST = 18 * 60, HOUR = 60;
const MOST_EMPTY = 12;  // doctors shown where nobody has a shift yet

// on a phone a week is a list: seven columns of it could not be read
export const isAList = () => state.view === "list" || (state.view === "week" && isNarrow());
export const columnOf = (visit) => (state.by === "chair" ? visit.chair ?? 0 : visit.doctor);

// the hours of a day's column, for its head
const hoursOf = (fits, name = () => "") => (state.view === "day" ? state.shades.shifts.filter((shift) => fits(shift) && dayOf(shift.start) === state.day).map((shift) => `${name(shift)}${clockOf(shift.start)}–${clockOf(shift.end)}`).join(", ") : "");

// --- the columns: who works or has a visit on these days, one's own first
export function columns() {
  if (state.by === "all") return [];
  const shown = [...state.visits.values()], wanted = state.filters[state.by === "chair" ? "room" : "doctor"];
  if (state.by === "chair") {
    const all = [...state.chairs.values()].filter((chair) => (!chair.isFormer || shown.some((visit) => visit.chair === chair.id)) && (!wanted.length || wanted.includes(chair.room)));
    const none = shown.some((visit) => visit.chair === null) ? [{ id: 0, name: texts.no_chair }] : [];
    return [...all, ...none].map((one) => ({ ...one, details: hoursOf((shift) => shift.chair === one.id, (shift) => `${state.doctors.get(shift.doctor)?.name ?? ""} `) }));
  }
  const ids = new Set([...state.shades.shifts.map((shift) => shift.doctor), ...shown.map((visit) => visit.doctor)]);
  let all = [...state.doctors.values()].filter((doctor) => (wanted.length ? wanted.includes(doctor.id) : ids.has(doctor.id)));
  if (!all.length) all = [...state.doctors.values()].slice(0, MOST_EMPTY);
  return all.map((one) => ({ ...one, details: hoursOf((shift) => shift.doctor === one.id) }));
}
export function resources() {
  const all = columns();
  if (isNarrow() && state.view === "day" && all.length) {
    if (!all.some((one) => one.id === state.column)) state.column = all[0].id;
    return all.filter((one) => one.id === state.column);
  }
  return all;
}
export const asResource = (one) => ({ id: one.id, title: one.name, extendedProps: one });
export function label({ resource }) {
  const one = resource.extendedProps;
  return { html: `<span class="cal-head" style="--edge: ${escape(one.colour ?? "var(--line-strong)")}"><b>${escape(one.name)}</b>${one.details ? `<small>${escape(one.details)}</small>` : ""}</span>` };
}

// --- the visits
export function asEvent(visit) {
  const minutes = minutesBetween(visit.start, visit.end), doctor = state.doctors.get(visit.doctor);
  const held = state.held?.id === visit.id ? state.held : null;
  const start = held ? held.start : visit.start;
  const end = held ? atMinute(dayOf(start), minuteOf(start) + held.minutes) : visit.end;
  return {
    id: visit.id, start, end, resourceIds: [held && state.by !== "all" ? held.column : columnOf(visit)],
    editable: settings.may_move && !held && !state.sending.has(visit.id) && mayChange(visit), title: visit.patient,
    classNames: ["cal-visit", `st-${visit.status.replace("_", "-")}`, held ? "held" : "", state.fresh.has(visit.id) ? "fresh" : "", minutes < 25 ? "tiny" : minutes < 40 ? "small" : ""].filter(Boolean),
    styles: [`--edge: ${doctor?.colour ?? "var(--line-strong)"}`], extendedProps: { visit },
  };
}
export const mayChange = (visit) => ["reserved", "confirmed", "came", "no_show", "cancelled"].includes(visit.status);

export function content({ event }) {
  if (event.display === "background") return { html: event.title ? `<span class="cal-why">${escape(event.title)}</span>` : "" };
  if (event.display === "pointer") return { html: `<span class="cal-plus">${icon("plus")}${clockOf(fromLibrary(event.start))}</span>` };
  const visit = event.extendedProps.visit;
  if (!visit) return { html: "" };
  const start = clockOf(fromLibrary(event.start)), end = clockOf(fromLibrary(event.end)), isList = isAList();
  const where = [isList || state.by !== "doctor" ? state.doctors.get(visit.doctor)?.name : "", state.by !== "chair" && (isList || state.by === "all") ? state.chairs.get(visit.chair)?.name : ""].filter(Boolean).join(" · ");
  const marks = [
    visit.has_alert ? `<span class="mark danger-text" title="${escape(texts.alert)}">${icon("triangle-alert")}<span class="sr-only">${escape(texts.alert)}</span></span>` : "",
    visit.is_provisional ? `<span class="mark warn" title="${escape(texts.provisional)}">${icon("user-plus")}<span class="sr-only">${escape(texts.provisional)}</span></span>` : "",
  ].join("");
  const isMoved = event.display === "preview" || state.held?.id === visit.id || isList;
  return { html: `<span class="line"><span class="clock">${start}${isMoved ? `–${end}` : ""}</span><b>${escape(visit.patient)}</b>${marks}</span><span class="line what">${escape(visit.what)}${where ? `${visit.what ? " · " : ""}${escape(where)}` : ""}</span><span class="line state"><span class="dot"></span>${escape(texts.statuses[visit.status])}${visit.is_new ? `<span class="mark new" title="${escape(texts.new_patient)}">${escape(texts.new)}</span>` : ""}</span>` };
}

// --- what lies behind: where nobody works is shaded, who is away is hatched
const subtract = (from, to, spans) => {
  const left = [];
  let at = from;
  for (const [start, end] of spans.sort((one, other) => one[0] - other[0])) { if (start > at) left.push([at, Math.min(start, to)]); at = Math.max(at, end); }
  if (at < to) left.push([at, to]);
  return left.filter(([start, end]) => end > start);
};
const within = (span, day) => {
  const start = dayOf(span.start) < day ? 0 : minuteOf(span.start), end = dayOf(span.end) > day ? 24 * HOUR : minuteOf(span.end);
  return dayOf(span.start) > day || dayOf(span.end) < day || end <= start ? null : [start, end];
};
const spansOn = (spans, day) => spans.map((span) => within(span, day)).filter(Boolean);

export function backdrop(days) {
  const made = [], limits = hours(days);
  const put = (day, [start, end], css, column, title = "") => made.push({ id: `${css}-${column ?? "all"}-${day}-${start}`, start: atMinute(day, start), end: atMinute(day, end), display: "background", title, classNames: [css], ...(column === undefined ? {} : { resourceIds: [column] }) });
  for (const day of days) {
    const feast = state.shades.holidays.find((one) => one.day === day), isClosed = Boolean(feast?.is_closed);
    for (const column of state.by === "all" ? [undefined] : resources().map((one) => one.id)) {
      const doctor = state.by === "doctor" ? column : state.by === "all" && state.filters.doctor.length === 1 ? state.filters.doctor[0] : null;
      const works = isClosed ? [] : spansOn(doctor ? state.shades.shifts.filter((shift) => shift.doctor === doctor) : state.shades.open, day);
      subtract(limits[0], limits[1], works).forEach((span) => put(day, span, "cal-off", column));
      if (isClosed) put(day, [limits[0], Math.min(limits[1], limits[0] + HOUR)], "cal-feast", column, feast.name);
      if (doctor) spansOn(state.shades.away.filter((one) => one.doctor === doctor), day).forEach((span) => put(day, [Math.max(span[0], limits[0]), Math.min(span[1], limits[1])], "cal-away", column, texts.away));
    }
  }
  return made.filter((one) => one.end > one.start);
}

// whole hours around everything that happens on these days
export function hours(days) {
  const spans = [...spansIn(state.shades.open, days), ...spansIn(state.shades.shifts, days), ...spansIn([...state.visits.values()], days)].filter(([start, end]) => !(start === 0 && end === 24 * HOUR));
  const first = spans.length ? Math.min(...spans.map((span) => span[0])) : FIRST, last = spans.length ? Math.max(...spans.map((span) => span[1])) : LAST;
  return [Math.floor(first / HOUR) * HOUR, Math.ceil(last / HOUR) * HOUR];
}
const spansIn = (spans, days) => days.flatMap((day) => spansOn(spans, day));

export function shownDays() {
  if (state.view === "day" || (state.view === "list" && isNarrow())) return [state.day];
  const first = plusDays(state.day, -((new Date(`${state.day}T00:00:00Z`).getUTCDay() + 6) % 7));
  return Array.from({ length: 7 }, (_none, number) => plusDays(first, number));
}
export const range = () => { const days = shownDays(); return { start: days[0], end: plusDays(days.at(-1), 1) }; };

// --- what the library would ask the browser's language for
const day2 = (date) => fromLibrary(date).slice(0, 10);
const index = (date) => (date.getDay() + 6) % 7;
export const formats = {
  dayHeaderFormat: (date) => ({ html: `<span class="cal-date"><small>${escape(texts.weekdays_short[index(date)])}</small> <b>${date.getDate()}</b></span>` }),
  dayHeaderAriaLabelFormat: (date) => `${day2(date)}, ${texts.weekdays[index(date)]}`,
  listDayFormat: (date) => `${day2(date)}, ${texts.weekdays[index(date)]}`,
  listDaySideFormat: () => "",
  slotLabelFormat: (date) => clockOf(fromLibrary(date)),
  eventTimeFormat: (start) => clockOf(fromLibrary(start)),
  titleFormat: () => "",
  noEventsContent: () => texts.no_visits,
};
export const heading = () => {
  const days = shownDays(), name = (day) => `${day}, ${texts.weekdays[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7]}`;
  return days.length === 1 ? name(days[0]) : `${days[0]} – ${days.at(-1)}`;
};
export const bookLabel = (wall) => (settings.may_move ? fill(texts.book_at, { clock: clockOf(wall) }) : clockOf(wall));
