// All of it by keyboard: arrows walk over visits and free times, m takes a visit along, Enter opens, books or puts down.
// Keys are read by their place on the keyboard (event.code): a Mongolian layout types Cyrillic letters.

import { atMinute, byId, dayOf, fill, hint, minuteOf, now, plus, settings, state, texts } from "calendar/state";
import { bookLabel, columnOf, hours, isAList, mayChange, resources, shownDays } from "calendar/draw";
import * as card from "calendar/card";
import { lengthOf, place } from "calendar/moves";
import { chooseTime, pin, stopAiming, unpin } from "calendar/shelf";

const frame = byId("calendar"), LONGEST = 720;
const cursor = Object.assign(document.createElement("button"), { type: "button", className: "cal-cursor", tabIndex: 0 });
let spot = null, go = {};  // spot: {lane, minute}
export function onGo(doing) { go = doing; }

// --- the lanes of what is shown, from left to right
export function lanes() {
  const days = shownDays(), columns = state.by === "all" ? [undefined] : resources().map((one) => one.id);
  return days.flatMap((day) => columns.map((column) => ({ day, column })));
}
const laneOf = (start, column) => lanes().findIndex((lane) => lane.day === dayOf(start) && (lane.column === undefined || lane.column === column));
const inLane = (lane) => [...state.visits.values()].filter((visit) => dayOf(visit.start) === lane.day && (lane.column === undefined || columnOf(visit) === lane.column)).sort((one, other) => (one.start === other.start ? one.id - other.id : one.start < other.start ? -1 : 1));
const elementOf = (id) => frame.querySelector(`[data-visit-id="${id}"]:not(.ec-ghost, .ec-preview)`);
const focusedVisit = () => state.visits.get(Number(document.activeElement?.closest?.("[data-visit-id]")?.dataset.visitId));

// --- the cursor: a free time that has the focus
export function showSpot({ start, column, element = null, focus = false }) {
  const lane = laneOf(start, column);
  if (lane < 0) return false;
  spot = { lane, minute: minuteOf(start) };
  return draw(element, focus);
}
export function hideSpot() { cursor.classList.remove("carried"); }
function draw(element = null, focus = false) {
  const place_ = element ?? frame.querySelectorAll(".ec-body .ec-grid > .ec-day, .ec-body .ec-grid .ec-day")[spot?.lane ?? 0];
  if (!place_ || isAList()) { cursor.remove(); return false; }
  const [first, last] = hours(shownDays()), lane = lanes()[spot.lane];
  if (!lane) return false;
  spot.minute = Math.max(first, Math.min(last - settings.grid, spot.minute));
  const start = atMinute(lane.day, spot.minute), height = place_.offsetHeight / (last - first);
  cursor.style.top = `${(spot.minute - first) * height}px`;
  cursor.style.height = `${settings.grid * height}px`;
  cursor.textContent = bookLabel(start);
  const name = resources().find((one) => one.id === lane.column)?.name;
  cursor.setAttribute("aria-label", [bookLabel(start), lane.day, name].filter(Boolean).join(", "));
  if (cursor.parentElement !== place_) place_.append(cursor);
  if (focus) { cursor.focus({ preventScroll: true }); cursor.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  return true;
}
// after the library has drawn anew
export function redrawn() {
  if (!settings.may_move) return;
  const had = document.activeElement === cursor;
  if (!spot || spot.lane >= lanes().length) spot = { lane: Math.max(0, lanes().findIndex((lane) => lane.day === dayOf(now()))), minute: Math.ceil(minuteOf(now()) / settings.grid) * settings.grid };
  draw(null, had);
}
export function carry(found) {
  if (!found) { hideSpot(); return; }
  if (showSpot({ ...found })) cursor.classList.add("carried");
}
const spotStart = () => { const lane = lanes()[spot.lane]; return [atMinute(lane.day, spot.minute), lane.column]; };
cursor.addEventListener("click", () => { if (spot) chooseTime(...spotStart()); });

// --- walking
function focusAt(lane, minute, step) {
  const all = lanes(), [first, last] = hours(shownDays());
  if (!all[lane] || minute < first || minute >= last) return false;
  const end = minute + settings.grid;
  const covering = inLane(all[lane]).filter((visit) => minuteOf(visit.start) < end && minuteOf(visit.start) + lengthOf(visit) > minute);
  const visit = step < 0 ? covering.at(-1) : covering[0], element = visit && elementOf(visit.id);
  spot = { lane, minute };
  draw();
  if (element) { element.focus({ preventScroll: true }); element.scrollIntoView({ block: "nearest", inline: "nearest" }); return true; }
  return draw(null, true);
}
function walk(key) {
  if (isAList()) { walkList(key); return; }
  const visit = focusedVisit();
  if (document.activeElement !== cursor && !visit) { redrawn(); focusAt(spot?.lane ?? 0, spot?.minute ?? 0, 1); return; }
  const lane = visit ? laneOf(visit.start, columnOf(visit)) : spot.lane;
  const minute = visit ? minuteOf(visit.start) : spot.minute;
  if (key === "ArrowLeft" || key === "ArrowRight") { focusAt(lane + (key === "ArrowRight" ? 1 : -1), minute, 1); return; }
  const step = key === "ArrowDown" ? 1 : -1;
  if (visit) {
    const all = inLane(lanes()[lane]), next = all[all.findIndex((one) => one.id === visit.id) + step];
    const touches = next && (step > 0 ? next.start <= visit.end : next.end >= visit.start);
    if (touches) { elementOf(next.id)?.focus(); return; }
    focusAt(lane, Math.floor((step > 0 ? minute + lengthOf(visit) : minute - 1) / settings.grid) * settings.grid, step);
  } else focusAt(lane, minute + step * settings.grid, step);
}
function walkList(key) {
  const all = [...frame.querySelectorAll(".ec-event")], at = all.indexOf(document.activeElement);
  (all[at + (key === "ArrowDown" || key === "ArrowRight" ? 1 : -1)] ?? all[at] ?? all[0])?.focus();
}

// --- taking a visit along
function take(visit) {
  if (!visit || !mayChange(visit) || !settings.may_move || state.sending.has(visit.id) || isAList()) return;
  card.close();
  state.held = { id: visit.id, visit, start: visit.start, minutes: lengthOf(visit), column: columnOf(visit) };
  hint(fill(texts.hold, { patient: visit.patient }));
  show();
}
function show() {
  go.redraw();
  setTimeout(() => { const element = state.held && elementOf(state.held.id); element?.focus({ preventScroll: true }); element?.scrollIntoView({ block: "nearest", inline: "nearest" }); });
}
export function letGo({ focus = true } = {}) {
  const held = state.held;
  if (!held) return false;
  state.held = null;
  hint("");
  go.redraw();
  if (focus) setTimeout(() => elementOf(held.id)?.focus({ preventScroll: true }));
  return true;
}
function shift(key, isFine) {
  const held = state.held, step = isFine ? 5 : settings.grid;
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = plus(held.start, key === "ArrowDown" ? step : -step);
    if (dayOf(next) === dayOf(held.start) && minuteOf(next) + held.minutes <= 24 * 60) held.start = next;
  } else {
    const all = lanes(), lane = all[laneOf(held.start, held.column) + (key === "ArrowRight" ? 1 : -1)];
    if (lane) { held.start = atMinute(lane.day, minuteOf(held.start)); held.column = lane.column ?? held.column; }
  }
  show();
}
function stretch(by) { const held = state.held, minutes = held.minutes + by; if (minutes >= 5 && minutes <= LONGEST && minuteOf(held.start) + minutes <= 24 * 60) held.minutes = minutes; show(); }
function putDown() {
  const { visit, ...to } = state.held, column = to.column !== columnOf(visit) ? to.column : undefined;
  const isSame = to.start === visit.start && to.minutes === lengthOf(visit) && column === undefined;
  state.held = null;
  hint("");
  go.redraw();
  const back = () => setTimeout(() => elementOf(visit.id)?.focus({ preventScroll: true }));
  if (isSame) { back(); return; }
  place(visit, { start: to.start, minutes: to.minutes, column }).then((isDone) => { if (isDone) unpin(visit.id); if (!document.querySelector("dialog[open]")) back(); });
}

// --- the keys
let afterG = 0;
const doing = {
  KeyT: () => go.today(), KeyD: () => go.view("day"), KeyW: () => go.view("week"), KeyL: () => go.view("list"),
  KeyN: () => bookHere(), KeyP: () => { const visit = focusedVisit() ?? state.visits.get(card.openedFor()); pin(visit); return Boolean(visit); },
  KeyM: () => { const visit = focusedVisit(); take(visit); return Boolean(visit); },
};
function bookHere() {
  if (document.activeElement === cursor && spot) chooseTime(...spotStart()); else byId("book")?.click();
}
function held(event) {
  const { key, code } = event;
  if (key.startsWith("Arrow")) shift(key, event.shiftKey);
  else if (key === "+" || key === "=" || code === "NumpadAdd") stretch(event.shiftKey && key !== "+" ? 5 : settings.grid);
  else if (key === "-" || key === "_" || code === "NumpadSubtract") stretch(-settings.grid);
  else if (key === "Enter") putDown();
  else if (key === "Escape") letGo();
  else if (key === "PageUp" || key === "PageDown") { state.held.start = plus(state.held.start, (state.view === "week" ? 7 : 1) * (key === "PageDown" ? 1440 : -1440)); go.step(key === "PageDown" ? 1 : -1); }
  else if (key !== "Tab" && key.length > 1) return false;
  return true;
}
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (state.held) { if (!event.ctrlKey && !event.metaKey && held(event)) stop(event); return; }
  if (event.key === "Escape") { if (stopAiming() || card.close({ back: card.openedFor() !== null && byId("card").contains(document.activeElement) })) stop(event); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable], .ts-control, .flatpickr-calendar")) return;
  if (Date.now() - afterG < 1500) { afterG = 0; return; }  // the second of two keys that open a page
  if (event.code === "KeyG") { afterG = Date.now(); return; }
  const isHere = event.target === document.body || event.target.id === "main" || frame.contains(event.target);
  if (isHere && event.key.startsWith("Arrow")) { walk(event.key); stop(event); return; }
  if (isHere && (event.key === "PageUp" || event.key === "PageDown")) { go.step(event.key === "PageDown" ? 1 : -1); stop(event); return; }
  if (!event.shiftKey && Object.hasOwn(doing, event.code) && doing[event.code]() !== false) stop(event);
}, true);
function stop(event) { event.preventDefault(); event.stopPropagation(); }
export function focusCursor() {
  redrawn();
  if (!spot || !lanes()[spot.lane]) return;
  const last = hours(shownDays())[1], taken = inLane(lanes()[spot.lane]);
  const isTaken = (minute) => taken.some((visit) => minuteOf(visit.start) < minute + settings.grid && minuteOf(visit.start) + lengthOf(visit) > minute);
  const free = Array.from({ length: Math.max(0, Math.floor((last - spot.minute) / settings.grid)) }, (_none, number) => spot.minute + number * settings.grid).find((minute) => !isTaken(minute));
  if (free !== undefined) spot.minute = free;
  draw(null, true);
}
