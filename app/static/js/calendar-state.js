// What the parts of the calendar share: what the server said of the clinic, what is shown, and arithmetic on the clinic's clock.
// A time is text, "2026-11-20T14:30:00": nothing here asks the device where it is.

export const settings = JSON.parse(document.getElementById("calendar-settings").textContent);
export const { texts, urls } = settings;
const token = document.querySelector('meta[name="csrf-token"]').content;

export const state = {
  ec: null,                 // the library's calendar
  day: settings.day,        // the day one looks at
  view: "day", by: "doctor",
  filters: { doctor: [], room: [], status: [], service: [] },
  visits: new Map(),        // id → visit, as the server told last
  doctors: new Map(settings.doctors.map((one) => [one.id, one])),
  chairs: new Map(settings.chairs.map((one) => [one.id, one])),
  shades: { shifts: [], away: [], holidays: [], open: [] },
  column: null,             // on a phone the one column that is shown
  held: null,               // the visit that is being moved by keys
  aiming: null,             // what the next chosen time is for: a pinned visit, or somebody who waits
  fresh: new Set(),         // changed at another desk a moment ago
  sending: new Set(),       // whose answer is still on its way
  isBusy: false,            // a drag is under way
  writes: 0,                // counts what this page wrote: an answer asked for before is old
};

export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
export const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
export const byId = (id) => document.getElementById(id);
export const isNarrow = () => matchMedia("(max-width: 900px)").matches;
export const icon = (name) => { const known = document.querySelector(".cal-bar svg.icon use").getAttribute("href").split("#")[0]; return `<svg class="icon" aria-hidden="true"><use href="${known}#${name}"></use></svg>`; };

// --- the clinic's clock
const two = (number) => String(number).padStart(2, "0");
export const toMs = (wall) => Date.UTC(Number(wall.slice(0, 4)), Number(wall.slice(5, 7)) - 1, Number(wall.slice(8, 10)), Number(wall.slice(11, 13)) || 0, Number(wall.slice(14, 16)) || 0);
export const toWall = (ms) => new Date(ms).toISOString().slice(0, 19);
export const plus = (wall, minutes) => toWall(toMs(wall) + minutes * 60_000);
export const minutesBetween = (from, to) => (toMs(to) - toMs(from)) / 60_000;
export const dayOf = (wall) => wall.slice(0, 10);
export const clockOf = (wall) => wall.slice(11, 16);
export const minuteOf = (wall) => Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));
export const atMinute = (day, minute) => toWall(toMs(day) + minute * 60_000);
export const plusDays = (day, count) => toWall(toMs(day) + count * 86_400_000).slice(0, 10);
export const weekday = (day) => (new Date(toMs(day)).getUTCDay() + 6) % 7;  // 0 is Monday
export const monday = (day) => plusDays(day, -weekday(day));
export const spoken = (wall) => `${dayOf(wall)} ${clockOf(wall)}`;
// the library hands out dates whose fields are the wall clock's, whatever zone the device calls them
export const fromLibrary = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:00`;
// now, on the clinic's clock: the server's answer to it, and what has passed since
const began = Date.now();
export const now = () => toWall(toMs(settings.now) + Math.floor((Date.now() - began) / 60_000) * 60_000);
// by how much the device's own clock differs from the one on the clinic's wall, as the library reads it: zone and error in one
export function offset() {
  const minutes = Math.round((toMs(settings.now) - began) / 60_000), hours = Math.floor(Math.abs(minutes) / 60);
  return hours > 99 ? settings.offset : `${minutes < 0 ? "-" : "+"}${two(hours)}:${two(Math.abs(minutes) % 60)}`;
}

// --- asking the server
async function ask(url, options = {}) {
  const headers = { Accept: "application/json", "HX-Request": "true", "HX-Current-URL": location.href, ...options.headers };
  const answer = await fetch(url, { ...options, headers, redirect: "manual" });
  if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
  return answer;
}
export const get = (url, headers = {}) => ask(url, { headers });
export async function post(url, body) {
  state.writes += 1;
  try {
    const answer = await ask(url, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(body) });
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    return { ok: answer.ok, status: answer.status, ...(isJson ? await answer.json() : { message: texts.busy }) };
  } catch { return { ok: false, status: 0, message: texts.busy }; }
  finally { state.writes += 1; }
}

// --- telling
export function tell(message, { kind = "success", seconds = 6, button = null } = {}) {
  const toast = document.createElement("div");
  toast.className = `alert alert-${kind}`;
  toast.innerHTML = `${icon(kind === "success" ? "circle-check" : "circle-alert")}<span></span>`;
  toast.querySelector("span").textContent = message;
  if (button) {
    document.querySelectorAll("#toasts .alert:has(> .undo)").forEach((older) => older.remove());  // the last move alone is taken back here
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-sm undo";
    made.innerHTML = `${icon("undo-2")}${escape(button.text)}`;
    made.addEventListener("click", () => { toast.remove(); button.run(); });
    toast.append(made);
  }
  byId("toasts").append(toast);
  setTimeout(() => toast.remove(), seconds * 1000);
  return toast;
}
export function hint(text) { const line = byId("cal-hint"); line.textContent = text ?? ""; line.hidden = !text; }
