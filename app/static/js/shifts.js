// The calendar of shifts: the form beside it, dragging, deleting, taking back, the keyboard. Every link and form also works alone.

const calendar = document.getElementById("shift-calendar");
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");
const isNarrow = () => matchMedia("(max-width: 900px)").matches;
const form = () => body?.querySelector("form");
const here = () => document.getElementById("shift-bar").dataset.here;

// what the calendar shows now goes along with what is done, so that the answer shows the same
const query = () => { const at = here().indexOf("?"); return at < 0 ? "" : here().slice(at); };
let focused = null;
function look() { htmx.ajax("GET", here(), { target: calendar, swap: "innerHTML" }); }
function send(url, values) { document.querySelectorAll("#toasts .js-undo").forEach((undo) => undo.closest(".alert").remove()); focused = focusKey(document.activeElement) ?? focused; htmx.ajax("POST", url + query(), { target: calendar, swap: "innerHTML", values }); }
function focusKey(element) {
  if (!element || !calendar?.contains(element)) return null;
  return element.id ? `#${CSS.escape(element.id)}` : element.matches("a[href]") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
}
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== calendar) return;
  const scroll = calendar.querySelector(".shift-scroll");
  calendar.dataset.top = scroll?.scrollTop ?? 0;
  calendar.dataset.left = scroll?.scrollLeft ?? 0;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== calendar) return;
  const scroll = calendar.querySelector(".shift-scroll");
  if (scroll) { scroll.scrollTop = calendar.dataset.top; scroll.scrollLeft = calendar.dataset.left; }
  if (focused) calendar.querySelector(focused)?.focus({ preventScroll: true });
  focused = null;
  history.replaceState(history.state, "", here());
});

// --- messages go away by themselves, together with what they offer to take back
function freshToasts() {
  document.querySelectorAll("#toasts [data-fresh]").forEach((toast) => {
    toast.removeAttribute("data-fresh");
    setTimeout(() => toast.remove(), Number(toast.dataset.seconds ?? 8) * 1000);
  });
}
document.addEventListener("htmx:oobAfterSwap", freshToasts);
document.addEventListener("htmx:afterSettle", freshToasts);
document.addEventListener("submit", (event) => {
  const undo = event.target.closest(".js-undo");
  if (!undo || !calendar) return;
  event.preventDefault();
  event.stopPropagation();
  const values = {};
  for (const [name, value] of new FormData(undo)) (values[name] ??= []).push(value);
  undo.closest(".alert").remove();
  send(new URL(undo.action).pathname, values);
}, true);

// --- the form beside the calendar
let opener = null;
const isChanged = () => form()?.dataset.dirty === "1";
function openPanel(link) {
  if (!panel.hidden && isChanged()) { form().querySelector(".form-actions .btn-primary").focus(); return; }  // nothing typed is lost
  opener = focusKey(link);
  panel.hidden = false;
  document.documentElement.classList.add("panel-is-open");
  body.textContent = body.dataset.waiting;
  htmx.ajax("GET", link.href, { target: body, swap: "innerHTML" });
}
function emptyPanel() {
  panel.hidden = true;
  body.textContent = "";
  document.documentElement.classList.remove("panel-is-open");
}
function closePanel() {
  emptyPanel();
  (opener && document.querySelector(opener))?.focus();
}
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = panel && event.target.closest("a[data-panel]");
  if (link) { event.preventDefault(); openPanel(link); return; }
  if (event.target.closest(".js-close-panel")) closePanel();
  const drop = event.target.closest(".js-drop-shift");
  if (drop) { closePanel(); send("/shifts/drop", { shift: drop.dataset.shift }); }
  const all = event.target.closest(".js-all-days");
  if (all) fillWeek(all.closest("form"));
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target === body && form()) { (body.querySelector("[aria-invalid=true], #problems") ?? form().querySelector("#start_time"))?.focus(); }
});
document.addEventListener("shift-saved", () => { focused = opener; if (form()) form().dataset.dirty = ""; emptyPanel(); look(); });

// --- dragging: to another day or person; with Ctrl a copy; where both work one is asked
let dragged = null;
const cellOf = (target) => target.closest?.(".shift-week tbody td[data-day]");
document.addEventListener("dragstart", (event) => {
  const link = event.target.closest?.(".shift-link");
  if (!link || isNarrow()) return;
  dragged = link;
  link.classList.add("dragged");
  event.dataTransfer.effectAllowed = "copyMove";
  event.dataTransfer.setData("text/plain", link.getAttribute("aria-label"));
});
document.addEventListener("dragover", (event) => {
  const cell = dragged && cellOf(event.target);
  document.querySelectorAll(".shift-week td.over").forEach((other) => { if (other !== cell) other.classList.remove("over"); });
  if (!cell) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = event.ctrlKey ? "copy" : "move";
  cell.classList.add("over");
});
document.addEventListener("dragend", () => { dragged?.classList.remove("dragged"); dragged = null; document.querySelectorAll(".shift-week td.over").forEach((cell) => cell.classList.remove("over")); });
document.addEventListener("drop", (event) => {
  const cell = dragged && cellOf(event.target);
  if (!cell) return;
  event.preventDefault();
  const from = cellOf(dragged), row = cell.closest("tr"), other = from.closest("tr"), shift = dragged.dataset.shift;
  const values = { employee_id: row.dataset.employee, day: cell.dataset.day };
  if (event.ctrlKey) { send(`/shifts/${shift}/put`, { ...values, copy: "yes" }); return; }
  if (cell === from) return;
  if (row !== other && cell.dataset.day === from.dataset.day && cell.querySelector(".shift-link")) { ask(row, other, values, shift); return; }
  send(`/shifts/${shift}/put`, values);
});
function ask(row, other, values, shift) {
  const dialog = document.getElementById("swap-ask");
  dialog.querySelector(".js-swap-who").textContent = `${other.dataset.name} – ${row.dataset.name}, ${values.day}`;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "exchange") send("/shifts/swap", { giver: other.dataset.employee, taker: row.dataset.employee, day: values.day, mode: "exchange" });
    if (dialog.returnValue === "take") send(`/shifts/${shift}/put`, values);
  }, { once: true });
}

// --- the keyboard: n adds, arrows walk from day to day and person to person, Delete deletes, Escape closes
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !calendar) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && panel && !panel.hidden && !document.querySelector(".flatpickr-calendar.open, .ts-wrapper.dropdown-active") && !isChanged()) { closePanel(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n") { const add = document.getElementById("add-shift"); if (add) { event.preventDefault(); openPanel(add); } }
  const cell = cellOf(event.target), link = event.target.closest(".shift-link");
  if (event.key === "Delete" && link) { event.preventDefault(); send("/shifts/drop", { shift: link.dataset.shift }); }
  if (cell && event.key.startsWith("Arrow")) { event.preventDefault(); walk(cell, event.key); }
});
function walk(cell, key) {
  const row = cell.closest("tr"), place = [...row.children].indexOf(cell);
  const next = key === "ArrowLeft" ? cell.previousElementSibling : key === "ArrowRight" ? cell.nextElementSibling : (key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling)?.children[place];
  if (next?.matches("td[data-day]")) next.querySelector(".shift-link, .add")?.focus();
}

// --- another week by the date field, another kind of work
document.addEventListener("change", (event) => {
  if (event.target.matches("#week-day, #shift-group") && (event.target.value || event.target.id === "shift-group")) event.target.form.requestSubmit();
  if (event.target.matches(".js-all-visits")) document.querySelectorAll('input[name="visit"][form="hand-over"]').forEach((box) => { box.checked = event.target.checked; });
});
// a doctor that is chosen ticks the visit
document.addEventListener("change", (event) => { const other = event.target.closest(".to-move .other"); if (other && event.target.matches("select")) other.querySelector("input[type=checkbox]").checked = true; });

// --- Monday's hours on the other weekdays
function fillWeek(week) {
  for (let day = 1; day < 5; day++) {
    for (const name of ["from", "until"]) for (const row of [0, 1]) week.elements[`${name}_${day}_${row}`].value = week.elements[`${name}_0_${row}`].value;
    const chair = week.elements.chair_0.tomselect, other = week.elements[`chair_${day}`].tomselect, id = chair?.getValue();
    if (other && id) { other.addOption({ id, text: chair.options[id].text }); other.setValue(id); }
  }
  week.dataset.dirty = "1";
}

