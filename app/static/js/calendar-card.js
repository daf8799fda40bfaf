// The facts of a visit beside it: by mouse, by keyboard, by touch. Asked for when they are wanted, never for all.

import { byId, get, isNarrow, settings, state } from "calendar/state";
import { move } from "calendar/moves";

const card = byId("card"), SOON = 350, LATER = 300;
let timer = 0, shown = null, anchor = null, isPinned = false, number = 0;

const anchorOf = (id) => document.querySelector(`[data-visit-id="${id}"]:not(.ec-ghost, .ec-preview)`);

export async function open(id, { focus = false } = {}) {
  clearTimeout(timer);
  const mine = ++number;
  if (shown !== id || card.hidden) {
    const answer = await get(`${settings.urls.page}/visits/${id}/facts`.replace("//", "/"), { Accept: "text/html" }).catch(() => null);
    if (mine !== number || !answer?.ok) return;
    card.innerHTML = await answer.text();
    if (mine !== number) return;
  }
  shown = id;
  anchor = anchorOf(id);
  isPinned = focus;
  card.hidden = false;
  beside();
  if (focus) card.querySelector(".moves button, a, button:not(.js-close-card)")?.focus({ preventScroll: true });
}
export function close({ back = false } = {}) {
  clearTimeout(timer);
  number += 1;
  if (card.hidden) return false;
  const id = shown;
  card.hidden = true;
  shown = null;
  isPinned = false;
  if (back) anchorOf(id)?.focus({ preventScroll: true });
  return true;
}
export const openedFor = () => (card.hidden ? null : shown);
// the visit changed meanwhile: what is shown of it is asked for again
export function renew(id) { if (openedFor() === id) { const focus = card.contains(document.activeElement); shown = null; open(id, { focus: focus || isPinned }); } }

function beside() {
  if (isNarrow() || !anchor) { card.style.left = card.style.top = ""; card.classList.toggle("sheet", true); return; }
  card.classList.toggle("sheet", false);
  const face = anchor.getBoundingClientRect(), panel = byId("panel");
  const room = panel && !panel.hidden ? innerWidth - panel.offsetWidth : innerWidth;
  card.style.left = `${face.right + card.offsetWidth + 6 < room ? face.right + 2 : Math.max(8, face.left - card.offsetWidth - 2)}px`;
  card.style.top = `${Math.max(64, Math.min(face.top, innerHeight - card.offsetHeight - 8))}px`;
}

export function soon(id) { clearTimeout(timer); if (!isPinned && !state.isBusy && !state.held && !isNarrow()) timer = setTimeout(() => open(id), SOON); }
export function later() { clearTimeout(timer); if (!isPinned) timer = setTimeout(() => { if (!card.matches(":hover") && !card.contains(document.activeElement)) close(); }, LATER); }
card.addEventListener("mouseenter", () => clearTimeout(timer));
card.addEventListener("mouseleave", later);
document.addEventListener("pointerdown", (event) => { if (!card.hidden && !event.target.closest("#card, .cal-visit, dialog")) close(); });
document.addEventListener("focusin", (event) => { if (!card.hidden && !isPinned && !event.target.closest("#card, .cal-visit")) close(); });
card.addEventListener("click", (event) => {
  if (event.target.closest(".js-close-card")) close({ back: true });
  if (event.target.closest("a[data-panel]")) close();
});
card.addEventListener("submit", (event) => {
  const form = event.target.closest("form.moves");
  if (!form) return;
  event.preventDefault();  // the day board's way of sending it stays out
  const fields = Object.fromEntries(new FormData(form, event.submitter ?? undefined));
  const id = Number(form.dataset.visit);
  if (form.dataset.sending) return;
  form.dataset.sending = "1";
  move(id, fields).then(() => { delete form.dataset.sending; close({ back: true }); });
});
