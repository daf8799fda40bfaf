// Moving a visit: one question to the server, its answer shown at once, and some seconds in which it can be taken back.
// What the server refuses goes back to where it stood, and says what can be done instead.

import { byId, clockOf, dayOf, escape, fill, minutesBetween, post, settings, spoken, state, tell, texts } from "calendar/state";
import { keep } from "calendar/feed";

let redraw = () => {}, dropped = () => {};
export function onMoved(fn, whenDone) { redraw = fn; dropped = whenDone; }

const dialog = byId("ask");

// how visits stand now, as an answer tells: they are shown so, and known to be one's own doing
function take(answer) {
  if (!answer.visits) return;
  keep(answer);
  for (const visit of answer.visits) { if (state.visits.has(visit.id) || isShown(visit)) state.visits.set(visit.id, visit); }
  redraw();
}
let isShown = () => true;
export function setShown(fn) { isShown = fn; }

// to: {start, minutes, column}; what is left out stays
export async function place(visit, to, more = {}) {
  const body = { version: visit.version, ...more };
  if (to.start) body.start = spoken(to.start);
  if (to.minutes) body.minutes = to.minutes;
  if (to.column !== undefined && state.by === "doctor") body.doctor_id = to.column;
  if (to.column !== undefined && state.by === "chair") body.chair_id = to.column || null;
  const wanted = { ...visit, start: to.start ?? visit.start };
  if (state.sending.has(visit.id)) return false;  // one at a time: the second would be told of the first as of somebody else
  state.sending.add(visit.id);
  redraw();
  const answer = await post(`${settings.urls.page}/${visit.id}/place`.replace("//", "/"), body);
  state.sending.delete(visit.id);
  if (answer.ok) {
    dropped(visit.id);
    take(answer);
    tell(answer.message, { seconds: settings.undo, button: answer.undo ? { text: texts.undo, run: () => takeBack(visit.id, answer.undo) } : null });
    return true;
  }
  take(answer);
  redraw();
  if (answer.is_stale) conflict(visit, answer);
  else if (answer.free?.length) offer(visit, to, answer);
  else if (answer.needs_reason) askWhy(visit, to, answer, wanted);
  else tell(answer.message ?? texts.busy, { kind: "danger", seconds: 12 });
  return false;
}

async function takeBack(id, token) {
  const answer = await post(settings.urls.undo, { undo: token });
  take(answer);
  tell(answer.message ?? texts.busy, answer.ok ? {} : { kind: "danger", seconds: 12 });
  document.querySelector(`[data-visit-id="${id}"]`)?.focus({ preventScroll: true });
}

// somebody else was here first: never written over, always said
export function conflict(visit, answer = {}) {
  const nowIs = answer.visits?.[0];
  state.fresh.add(visit.id);
  setTimeout(() => { state.fresh.delete(visit.id); redraw(); }, 6000);
  redraw();
  const where = nowIs ? ` ${spoken(nowIs.start)}, ${state.doctors.get(nowIs.doctor)?.name ?? ""}, ${texts.statuses[nowIs.status]}` : "";
  tell(`${fill(texts.changed_elsewhere, { patient: visit.patient })}${where}`, { kind: "warning", seconds: 12 });
}

function open(title, text, { free = [], why = false } = {}) {
  byId("ask-title").textContent = title;
  byId("ask-text").textContent = text;
  const box = byId("ask-free");
  box.hidden = !free.length;
  box.innerHTML = free.map((start) => `<button type="button" class="btn btn-sm" data-free="${escape(start)}">${escape(start)}</button>`).join("");
  byId("ask-why").hidden = !why;
  byId("ask-reason").required = why;
  byId("ask-reason").value = "";
  byId("ask-yes").hidden = !why;
  dialog.returnValue = "no";
  dialog.showModal();
  (free.length ? box.querySelector("button") : why ? byId("ask-reason") : byId("ask-yes")).focus();
}

function offer(visit, to, answer) {
  open(visit.patient, `${answer.message} ${texts.taken}:`, { free: answer.free });
  const choose = (event) => {
    const button = event.target.closest("[data-free]");
    if (!button) return;
    dialog.close("free");
    place(state.visits.get(visit.id) ?? visit, { ...to, start: `${button.dataset.free.replace(" ", "T")}:00` });
  };
  byId("ask-free").onclick = choose;
}

function askWhy(visit, to, answer, wanted) {
  open(`${visit.patient}: ${dayOf(wanted.start)} ${clockOf(wanted.start)}`, answer.message, { why: true });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes") place(state.visits.get(visit.id) ?? visit, to, { override_reason: byId("ask-reason").value });
  }, { once: true });
}

// another status, by a button of the card
export async function move(id, fields) {
  const answer = await post(`${settings.urls.page}/${id}/move`.replace("//", "/"), fields);
  take(answer);
  const visit = answer.visits?.[0];
  if (answer.ok) {
    const back = { to: "undo", version: visit?.version };
    tell(answer.message, { seconds: settings.undo, button: answer.can_undo ? { text: texts.undo, run: () => move(id, back) } : null });
  } else if (answer.is_stale && visit) conflict(visit, answer);
  else tell(answer.message ?? texts.busy, { kind: "danger", seconds: 12 });
  return answer.ok;
}

export const lengthOf = (visit) => minutesBetween(visit.start, visit.end);
