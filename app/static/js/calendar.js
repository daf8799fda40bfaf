// The calendar: days and weeks by doctor, by chair or together. It looks again by itself, and what somebody else changed is shown.

import { byId, dayOf, fill, fromLibrary, isNarrow, minuteOf, minutesBetween, now, offset, plusDays, settings, state, tell, texts } from "calendar/state";
import { everySeconds, load, look } from "calendar/feed";
import { asEvent, asResource, backdrop, columnOf, columns, content, formats, heading, hours, isAList, label, range, resources, shownDays } from "calendar/draw";
import { onMoved, place, setShown } from "calendar/moves";
import * as card from "calendar/card";
import { chooseTime, isOverPins, loadPins, onAim, onCarry, pin, renewPin, unpin } from "calendar/shelf";
import { carry, focusCursor, letGo, onGo, redrawn } from "calendar/keys";

const frame = byId("calendar"), KEPT = "soyoo-calendar", PIXELS_PER_MINUTE = 1.75;
const LIBRARY = { day: { doctor: "resourceTimeGridDay", chair: "resourceTimeGridDay", all: "timeGridDay" }, week: { doctor: "resourceTimeGridWeek", chair: "resourceTimeGridWeek", all: "timeGridWeek" } };
const columnsOf = { day: "doctor", week: "all", list: "all" };  // by what, as last chosen for each view
const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
const libraryView = () => (isAList() ? (shownDays().length === 1 ? "listDay" : "listWeek") : LIBRARY[state.view][state.by]);

// --- what was looked at last: in the address for this page, on the device for the next one
function remember() {
  localStorage.setItem(KEPT, JSON.stringify({ view: state.view, by: columnsOf }));
  const address = new URL(location.href);
  address.searchParams.set("day", state.day);
  address.searchParams.set("view", state.view);
  address.searchParams.set("by", state.by);
  for (const [name, chosen] of Object.entries(state.filters)) { if (chosen.length && name !== "service") address.searchParams.set(name, chosen.join(",")); else address.searchParams.delete(name); }
  history.replaceState(history.state, "", address);
}
function recall() {
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}"); } catch { /* of another version */ }
  const asked = new URLSearchParams(location.search), view = asked.get("view") ?? kept.view;
  for (const one of ["day", "week"]) if (["doctor", "chair", "all"].includes(kept.by?.[one])) columnsOf[one] = kept.by[one];
  state.view = ["day", "week", "list"].includes(view) ? view : "day";
  if (["doctor", "chair", "all"].includes(asked.get("by"))) columnsOf[state.view] = asked.get("by");
  state.by = columnsOf[state.view];
}

// --- drawing
function draw() {
  const days = shownDays(), [first, last] = hours(days), shown = new Map(state.visits);
  if (state.held && !shown.has(state.held.id)) shown.set(state.held.id, state.held.visit);
  const options = { slotMinTime: clock(first), slotMaxTime: clock(last), resources: resources().map(asResource), events: [...(isAList() ? [] : backdrop(days)), ...[...shown.values()].map(asEvent)] };
  for (const [name, value] of Object.entries(options)) if (typeof value !== "string" || drawn[name] !== value) { drawn[name] = value; state.ec.setOption(name, value); }
  head(days);
  setTimeout(() => { plain(); redrawn(); });
}
const drawn = {};
function head(days) {
  byId("cal-title").textContent = heading();
  byId("cal-today").hidden = !days.includes(dayOf(now()));
  byId("cal-now").toggleAttribute("aria-current", days.includes(dayOf(now())));
  const picker = byId("cal-day");
  if (document.activeElement !== picker) { if (picker._flatpickr) picker._flatpickr.setDate(state.day, false); picker.value = state.day; }
  document.querySelectorAll("[data-view]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.view === state.view)));
  document.querySelectorAll("[data-by]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.by === state.by)));
  byId("cal-by").hidden = isAList();
  for (const by of ["doctor", "chair"]) byId(`cal-no-${by}`).hidden = isAList() || state.by !== by || columns().length > 0;
  const note = byId("cal-note"), feasts = state.shades.holidays.filter((feast) => days.includes(feast.day));
  note.hidden = !feasts.length;
  note.querySelector("span").textContent = feasts.map((feast) => `${feast.day} ${feast.name}${feast.is_closed ? `: ${texts.closed}` : ""}`).join(" · ");
  const paper = new URLSearchParams({ day: state.day, by: state.by === "chair" ? "chair" : "doctor" });
  if (state.filters.doctor.length) paper.set("doctor", state.filters.doctor.join(","));
  byId("cal-print").setAttribute("href", `${settings.urls.print}?${paper}`);
  chips();
}
// the library calls its boxes a table, with buttons in it that are no cells: to a screen reader they are plain boxes
function plain() {
  for (const one of frame.querySelectorAll('[role="table"], [role="row"], [role="rowgroup"], [role="cell"], [role="columnheader"], [role="list"], [role="listitem"], [aria-colindex], [aria-colspan]')) for (const name of ["role", "aria-colindex", "aria-colspan"]) one.removeAttribute(name);
  frame.querySelectorAll("time[aria-label], .ec-col-head [aria-label], .ec-col-group [aria-label]").forEach((one) => one.removeAttribute("aria-label"));
}
function chips() {
  const box = byId("cal-chips"), was = state.column;
  const all = state.view === "day" && state.by !== "all" && isNarrow() ? columns() : [];
  box.hidden = all.length < 2;
  box.replaceChildren(...all.map((one) => {
    const chip = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm" });
    chip.append(one.name);
    if (one.colour) chip.style.setProperty("--edge", one.colour);
    chip.setAttribute("aria-pressed", String(one.id === was));
    const count = [...state.visits.values()].filter((visit) => columnOf(visit) === one.id).length;
    if (count) chip.append(Object.assign(document.createElement("span"), { className: "muted", textContent: ` ${count}` }));
    chip.addEventListener("click", () => { state.column = one.id; draw(); });
    return chip;
  }));
}

// --- going to other days and views
async function show() {
  frame.setAttribute("aria-busy", "true");
  state.by = columnsOf[state.view];
  const view = libraryView();
  if (state.ec.getOption("view") !== view) state.ec.setOption("view", view);
  if (drawn.date !== state.day) { drawn.date = state.day; state.ec.setOption("date", state.day); }
  state.ec.setOption("datesAboveResources", state.view === "week");
  state.ec.setOption("columnWidth", state.by === "all" || isNarrow() ? undefined : state.view === "week" ? "minmax(104px, 1fr)" : "minmax(136px, 1fr)");
  remember();
  if (!(await load(range()))) return;
  draw();
  frame.setAttribute("aria-busy", "false");
  setTimeout(toNow);
}
// today opens an hour before now, every other day at its beginning
function toNow() {
  const main = frame.querySelector(".ec-time-grid .ec-main"), days = shownDays(), [first, last] = hours(days);
  if (!main || state.held) return;
  const minute = frame.querySelector(".ec-body .ec-day")?.offsetHeight / (last - first);
  main.scrollTop = days.includes(dayOf(now())) && minute ? Math.max(0, (minuteOf(now()) - 75 - first) * minute) : 0;
}
const step = (count) => { state.day = plusDays(state.day, count * (shownDays().length === 1 ? 1 : 7)); card.close(); show(); };
const today = () => { state.day = dayOf(now()); card.close(); show(); };
function view(name, by) { state.view = name; if (by) columnsOf[name] = by; card.close(); show(); }

// --- what another desk changed meanwhile
async function listen() {
  if (document.hidden || frame.getAttribute("aria-busy") === "true") return;
  const found = await look(range());
  if (found) received(...found);
}
let waiting = null;
function received(before, after) {
  const changed = [...after.values()].filter((visit) => before.get(visit.id)?.version !== visit.version).map((visit) => visit.id);
  const gone = [...before.keys()].filter((id) => !after.has(id));
  const held = state.isBusy ? state.dragged : state.held?.visit;
  if (held && (changed.includes(held.id) || gone.includes(held.id))) tell(fill(texts.changed_moving, { patient: held.patient }), { kind: "warning", seconds: 12 });
  if (state.isBusy) { waiting = [before, after]; return; }  // nothing is pulled from under somebody's hand
  state.visits = after;
  if (state.held && (changed.includes(state.held.id) || gone.includes(state.held.id))) letGo();
  const opened = card.openedFor();
  for (const id of changed) { state.fresh.add(id); renewPin(after.get(id)); }
  if (opened && changed.includes(opened)) { tell(fill(texts.changed_elsewhere, { patient: after.get(opened).patient }), { kind: "warning", seconds: 10 }); card.renew(opened); }
  if (opened && gone.includes(opened)) { tell(fill(texts.gone, { patient: before.get(opened).patient }), { kind: "warning", seconds: 10 }); card.close(); }
  if (changed.length) setTimeout(() => { changed.forEach((id) => state.fresh.delete(id)); draw(); }, 6000);
  draw();
}
function grabbed({ event }) { state.isBusy = true; state.dragged = event.extendedProps.visit; card.close(); }
function released() {
  state.isBusy = false;
  if (waiting) { const [before, after] = waiting; waiting = null; state.visits = after; for (const visit of after.values()) if (before.get(visit.id)?.version !== visit.version) state.fresh.add(visit.id); }
}

// --- by mouse and by touch
function droppedAt({ event, newResource, jsEvent, revert }) {
  const visit = event.extendedProps.visit;
  if (isOverPins(jsEvent)) { revert(); pin(visit); draw(); return; }
  const start = fromLibrary(event.start), column = newResource ? Number(newResource.id) : undefined;
  if (start === visit.start && column === undefined) { draw(); return; }
  place(visit, { start, column });
}
function pulledTo({ event }) {
  const visit = event.extendedProps.visit;
  place(visit, { minutes: minutesBetween(visit.start, fromLibrary(event.end)) });
}

function start() {
  recall();
  const height = Math.max(14, Math.round(settings.grid * PIXELS_PER_MINUTE));
  state.ec = EventCalendar.create(frame, {
    view: libraryView(), date: state.day, timeZone: offset(), firstDay: 1, headerToolbar: { start: "", center: "", end: "" }, height: isNarrow() ? undefined : "100%",
    allDaySlot: false, nowIndicator: true, pointer: settings.may_move, slotEventOverlap: false, dragScroll: true, longPressDelay: 400, eventDragMinDistance: 6,
    slotDuration: clock(settings.grid), snapDuration: clock(settings.grid), slotLabelInterval: "01:00", slotHeight: height, scrollTime: "00:00",
    editable: false, events: [], resources: [], displayEventEnd: false,
    eventContent: content, resourceLabelContent: label, ...formats,
    eventDidMount: ({ el, event }) => { if (event.extendedProps.visit) el.dataset.visitId = event.id; },
    eventClick: ({ event, jsEvent }) => { jsEvent.preventDefault?.(); if (!state.held) card.open(Number(event.id), { focus: true }); },
    eventMouseEnter: ({ event }) => { if (event.extendedProps.visit) card.soon(Number(event.id)); }, eventMouseLeave: () => card.later(),
    dateClick: ({ allDay, dateStr, resource }) => { if (!allDay && !state.held) chooseTime(dateStr.slice(0, 19), resource ? Number(resource.id) : undefined); },
    eventDragStart: grabbed, eventDragStop: released, eventResizeStart: grabbed, eventResizeStop: released, eventDrop: droppedAt, eventResize: pulledTo,
  });
  onMoved(draw, unpin);
  setShown((visit) => shownDays().includes(dayOf(visit.start)));
  onGo({ redraw: draw, today, view, step });
  onAim(focusCursor);
  onCarry(carry);
  byId("cal-before").addEventListener("click", () => step(-1));
  byId("cal-after").addEventListener("click", () => step(1));
  byId("cal-now").addEventListener("click", today);
  byId("cal-day").addEventListener("change", (event) => { if (/^\d{4}-\d{2}-\d{2}$/.test(event.target.value)) { state.day = event.target.value; show(); } });
  document.querySelectorAll("[data-view]").forEach((button) => button.addEventListener("click", () => view(button.dataset.view)));
  document.querySelectorAll("[data-by]").forEach((button) => button.addEventListener("click", () => view(state.view, button.dataset.by)));
  document.addEventListener("focusin", (event) => { const visit = event.target.closest?.(".ec-event[data-visit-id]"); if (visit && event.target.matches(":focus-visible") && !state.held) card.soon(Number(visit.dataset.visitId)); });
  byId("card").addEventListener("click", (event) => { const button = event.target.closest(".js-pin"); if (button) { pin(state.visits.get(Number(button.dataset.visit))); card.close({ back: true }); } });
  document.addEventListener("visit-saved", () => load(range()).then((isNew) => { if (isNew) draw(); loadPins(); }));
  document.addEventListener("visibilitychange", listen);
  new MutationObserver(() => { if (byId("panel").hidden && document.activeElement === document.body) focusCursor(); }).observe(byId("panel"), { attributeFilter: ["hidden"] });
  matchMedia("(max-width: 900px)").addEventListener("change", () => { state.ec.setOption("height", isNarrow() ? undefined : "100%"); show(); });
  setInterval(listen, everySeconds());
  filters();
  loadPins();
}

// --- filters
function filters() {
  const asked = new URLSearchParams(location.search);
  for (const box of document.querySelectorAll(".cal-filter input[type=checkbox]")) box.checked = (asked.get(box.name) ?? "").split(",").includes(box.value);
  const read = () => {
    for (const name of ["doctor", "room", "status"]) state.filters[name] = [...document.querySelectorAll(`[data-filter="${name}"] input:checked`)].map((box) => (name === "status" ? box.value : Number(box.value)));
    const service = byId("cal-service").value;
    state.filters.service = service ? [Number(service)] : [];
    for (const [name, chosen] of Object.entries(state.filters)) { const count = document.querySelector(`[data-filter="${name}"] .count`); count.textContent = chosen.length; count.hidden = !chosen.length; }
    byId("cal-clear").hidden = !Object.values(state.filters).some((chosen) => chosen.length);
    show();
  };
  read();
  document.querySelector(".cal-filters").addEventListener("change", read);
  byId("cal-clear").addEventListener("click", () => {
    document.querySelectorAll(".cal-filters input:checked").forEach((box) => { box.checked = false; });
    const service = byId("cal-service");
    if (service.tomselect) service.tomselect.clear(true); else service.value = "";
    read();
  });
}

start();
