// What the server tells of the days that are shown: asked for when they change, and every few seconds with the mark of what is here.

import { get, now, settings, state, tell, texts, urls } from "calendar/state";

const marks = new Map();  // kind → [address, mark]
let asked = 0;

function address(base, range, names) {
  const query = new URLSearchParams({ start: range.start, end: range.end });
  for (const name of names) if (state.filters[name].length) query.set(name, state.filters[name].join(","));
  return `${base}?${query}`;
}
async function changed(kind, url, isForced) {
  const [known, mark] = marks.get(kind) ?? [];
  const answer = await get(url, !isForced && known === url && mark ? { "If-None-Match": mark } : {});
  if (answer.status === 304) return null;
  if (!answer.ok) throw new Error(String(answer.status));
  marks.set(kind, [url, answer.headers.get("ETag")]);
  return answer.json();
}
export function keep(found) {
  for (const [id, [name, colour]] of Object.entries(found.doctors ?? {})) if (!state.doctors.has(Number(id))) state.doctors.set(Number(id), { id: Number(id), name, colour, isFormer: true });
  for (const [id, name] of Object.entries(found.chairs ?? {})) if (!state.chairs.has(Number(id))) state.chairs.set(Number(id), { id: Number(id), name, isFormer: true });
}

// the days of `range`, whole. Returns false where another question has overtaken it
export async function load(range, { isForced = true } = {}) {
  const number = ++asked;
  try {
    const [found, shades] = await Promise.all([
      changed("visits", address(urls.events, range, ["doctor", "room", "status", "service"]), isForced),
      changed("shades", address(urls.background, range, []), isForced),
    ]);
    if (number !== asked) return false;
    if (shades) state.shades = shades;
    if (found) { keep(found); state.visits = new Map(found.visits.map((visit) => [visit.id, visit])); }
    return true;
  } catch {
    if (number === asked) tell(texts.busy, { kind: "danger" });
    return false;
  }
}

// what changed elsewhere since: [visits before, visits now], null where nothing did. Quiet where the server can't be reached
let isLooking = false, rounds = 0;
export async function look(range) {
  if (isLooking) return null;
  isLooking = true;
  const number = asked, writes = state.writes;
  try {
    rounds += 1;
    const found = await changed("visits", address(urls.events, range, ["doctor", "room", "status", "service"]));
    const shades = rounds % 4 ? null : await changed("shades", address(urls.background, range, []));
    if (number !== asked) return null;
    if (writes !== state.writes) { marks.delete("visits"); return null; }  // older than what was written here
    if (shades) state.shades = shades;
    if (!found) return shades ? [state.visits, state.visits] : null;
    keep(found);
    return [state.visits, new Map(found.visits.map((visit) => [visit.id, visit]))];
  } catch { return null; }
  finally { isLooking = false; }
}

export const everySeconds = () => settings.every * 1000;
export const isPast = (day) => day < now().slice(0, 10);
