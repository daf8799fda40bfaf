// What lies beside the days: the pinboard that carries a visit to another week, and who waits for a time.
// Both are dropped onto a time by mouse; by keys and by touch they are chosen first and the time after.

import { byId, dayOf, escape, fill, fromLibrary, get, hint, icon, settings, spoken, state, tell, texts, urls } from "calendar/state";
import { isPast, keep } from "calendar/feed";
import { mayChange } from "calendar/draw";
import { lengthOf, place } from "calendar/moves";

const KEY = `soyoo-pins-${settings.user}`, MOST = 20;
const list = byId("pin-list"), drawer = byId("waiting"), frame = byId("calendar");
const pins = new Map();  // id → the visit as it stands

// --- the pinboard: kept are numbers alone, for this tab and this person
const kept = () => { try { return JSON.parse(sessionStorage.getItem(KEY) ?? "[]").filter(Number.isInteger).slice(0, MOST); } catch { return []; } };
const store = (ids) => { try { sessionStorage.setItem(KEY, JSON.stringify(ids)); } catch { /* full or forbidden: it lasts until the page is left */ } };

export async function loadPins() {
  const ids = kept();
  pins.clear();
  if (ids.length) {
    const answer = await get(`${urls.pinned}?ids=${ids.join(",")}`).catch(() => null);
    if (answer?.ok) { const found = await answer.json(); keep(found); found.visits.filter(mayChange).forEach((visit) => pins.set(visit.id, visit)); store([...pins.keys()]); }
  }
  showPins();
}
export function pin(visit) {
  if (!visit || !mayChange(visit) || !settings.may_move) return;
  pins.set(visit.id, visit);
  store([...pins.keys()].slice(-MOST));
  showPins();
  tell(fill(texts.pinned, { patient: visit.patient }));
}
export function unpin(id) { if (pins.delete(id)) { store([...pins.keys()]); showPins(); } }
export function renewPin(visit) { if (pins.has(visit.id)) { if (mayChange(visit)) { pins.set(visit.id, visit); showPins(); } else unpin(visit.id); } }

function showPins() {
  list.innerHTML = pins.size
    ? [...pins.values()].map((visit) => `<span class="pin st-${visit.status.replace("_", "-")}" style="--edge: ${escape(state.doctors.get(visit.doctor)?.colour ?? "")}"><button type="button" class="hold" draggable="true" data-pin="${visit.id}"><b>${escape(visit.patient)}</b> <small>${spoken(visit.start)} · ${fill(texts.minutes, { count: lengthOf(visit) })}</small></button><button type="button" class="btn btn-icon" data-unpin="${visit.id}" aria-label="${escape(fill(texts.unpin, { patient: visit.patient }))}">${icon("x")}</button></span>`).join("")
    : `<small class="muted">${escape(texts.pinned_empty)}</small>`;
}
list.addEventListener("click", (event) => {
  const away = event.target.closest("[data-unpin]"), chosen = event.target.closest("[data-pin]");
  if (away) unpin(Number(away.dataset.unpin));
  if (chosen) aim({ visit: pins.get(Number(chosen.dataset.pin)) });
});

// --- the waitlist
export async function toggleWaiting(isOpen = drawer.hidden) {
  const button = byId("cal-waiting");
  drawer.hidden = !isOpen;
  button.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) return;
  const answer = await get(urls.waiting, { Accept: "text/html" }).catch(() => null);
  if (answer?.ok) drawer.innerHTML = await answer.text();
  drawer.querySelector("button")?.focus({ preventScroll: true });
}
byId("cal-waiting")?.addEventListener("click", () => toggleWaiting());
drawer?.addEventListener("click", (event) => { const entry = event.target.closest("[data-waitlist]"); if (entry) aim({ entry }); });

// --- chosen first, the time after
let cursorFirst = () => {};
export function onAim(fn) { cursorFirst = fn; }
function aim(what) {
  if (!settings.may_move) return;
  state.aiming = what;
  document.querySelectorAll(".aimed").forEach((one) => one.classList.remove("aimed"));
  (what.entry ?? list.querySelector(`[data-pin="${what.visit?.id}"]`))?.classList.add("aimed");
  hint(fill(texts.put_here, { patient: what.visit?.patient ?? what.entry.dataset.patient }));
  frame.classList.add("aiming");
  cursorFirst();
}
export function stopAiming() {
  if (!state.aiming) return false;
  state.aiming = null;
  hint("");
  frame.classList.remove("aiming");
  document.querySelectorAll(".aimed").forEach((one) => one.classList.remove("aimed"));
  return true;
}

// --- a time was chosen: for a pinned visit, for somebody who waits, or for whoever calls
export function chooseTime(start, column) {
  const { visit, entry } = state.aiming ?? {};
  stopAiming();
  if (!settings.may_move) return;
  if (isPast(dayOf(start))) { tell(texts.past, { kind: "warning" }); return; }
  if (visit) put(visit, start, column);
  else book(start, column, entry);
}
async function put(visit, start, column) { if (await place(visit, { start, minutes: lengthOf(visit), column })) unpin(visit.id); }

export function book(start, column, entry = null) {
  const { doctor, chair } = whoIsThere(start, column, entry);
  const address = new URL(entry ? entry.dataset.book : urls.book, location.href);
  address.searchParams.set("start_at", spoken(start));
  if (doctor) address.searchParams.set("doctor_id", doctor);
  if (chair) address.searchParams.set("chair_id", chair);
  const link = byId(entry ? "book-fresh" : "book-here");
  link.setAttribute("href", address.pathname + address.search);
  link.click();
}
// the doctor of a column brings the chair of the shift, a chair the doctor who works there then
function whoIsThere(start, column, entry) {
  const shift = (fits) => state.shades.shifts.find((one) => fits(one) && one.start <= start && start < one.end);
  if (state.by === "chair") return { chair: column || null, doctor: shift((one) => one.chair === column)?.doctor ?? Number(entry?.dataset.doctor) };
  const doctor = state.by === "doctor" ? column : Number(entry?.dataset.doctor) || (state.filters.doctor.length === 1 ? state.filters.doctor[0] : null);
  return { doctor, chair: doctor ? shift((one) => one.doctor === doctor)?.chair : null };
}

// --- by mouse: from the pinboard or the drawer onto a time
let carried = null, showAt = () => {};
export function onCarry(fn) { showAt = fn; }
document.addEventListener("dragstart", (event) => {
  const chip = event.target.closest?.("[data-pin]"), entry = event.target.closest?.("[data-waitlist]");
  carried = chip ? { visit: pins.get(Number(chip.dataset.pin)) } : entry ? { entry } : null;
  if (carried) { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", event.target.textContent.trim()); }
});
const under = (event) => { const found = state.ec?.dateFromPoint(event.clientX, event.clientY); return found && !found.allDay ? { start: fromLibrary(found.date), column: found.resource ? Number(found.resource.id) : undefined, element: found.dayEl } : null; };
frame.addEventListener("dragover", (event) => {
  if (!carried) return;
  const spot = under(event);
  if (spot) { event.preventDefault(); showAt(spot); }
});
frame.addEventListener("drop", (event) => {
  const spot = carried && under(event);
  if (!spot) return;
  event.preventDefault();
  state.aiming = carried;
  carried = null;
  showAt(null);
  chooseTime(spot.start, spot.column);
});
document.addEventListener("dragend", () => { carried = null; showAt(null); });

// a visit of the calendar that is let go over the pinboard
export function isOverPins(event) {
  const box = byId("pins").getBoundingClientRect();
  return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
}
