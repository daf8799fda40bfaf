// The day board: looking again by itself, the booking panel, moves that ask why, taking things back, the keyboard.
// Every part works on links and forms that also work alone; here they stay on the page.

const board = document.getElementById("board");
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");
const isNarrow = () => matchMedia("(max-width: 900px)").matches;

// --- looking again by itself: not while a question is open, and not for hours after the last person has left the desk
const LOOK_EVERY = 30_000, PAUSE_AFTER = 15 * 60_000;
let lastTouched = Date.now(), lastLooked = Date.now();
const refreshed = document.querySelector("[data-refresh]");
function look(isAsked = false) {
  if (!refreshed || (!isAsked && document.hidden)) return;
  if (!isAsked && document.querySelector("dialog[open], .visit.open, details.menu[open], .flatpickr-calendar.open")) return;
  if (refreshed.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
  lastLooked = Date.now();
  htmx.ajax("GET", refreshed.dataset.refresh, { target: refreshed, swap: "innerHTML" });
}
setInterval(() => { if (Date.now() - lastTouched < PAUSE_AFTER) look(); }, LOOK_EVERY);
for (const kind of ["pointerdown", "keydown", "pointermove"]) {
  document.addEventListener(kind, () => { lastTouched = Date.now(); if (Date.now() - lastLooked > 2 * LOOK_EVERY) look(); }, { passive: true });
}
document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - lastLooked > LOOK_EVERY) look(); });

// what is swapped in keeps where one looked and what had the focus
let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL || location.href).pathname.startsWith("/login")) { event.detail.shouldSwap = false; location.reload(); return; }
  if (event.detail.target !== refreshed) return;
  const scroll = document.getElementById("board-scroll");
  kept = { top: scroll?.scrollTop, left: scroll?.scrollLeft, side: document.querySelector(".board-side")?.scrollTop, focus: focusKey(document.activeElement) };
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== refreshed || !kept) return;
  const scroll = document.getElementById("board-scroll");
  if (scroll) { scroll.scrollTop = kept.top ?? 0; scroll.scrollLeft = kept.left ?? 0; }
  const side = document.querySelector(".board-side");
  if (side) side.scrollTop = kept.side ?? 0;
  showColumn(sessionStorage.getItem(COLUMN));
  if (kept.focus) document.querySelector(kept.focus)?.focus({ preventScroll: true });
  markChosen();
  kept = null;
});
function focusKey(element) {
  if (!element || !refreshed?.contains(element)) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const visit = element.closest(".visit");
  return visit ? `#${CSS.escape(visit.querySelector(".face").id)}` : element.matches("a[href]") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
}

// --- the current time: where the board opens, and a line that walks
function toNow() {
  const scroll = document.getElementById("board-scroll");
  if (!scroll?.dataset.now || isNarrow()) return;
  const minute = document.querySelector(".board-body").offsetHeight / Number(scroll.dataset.length);
  scroll.scrollTop = Math.max(0, (Number(scroll.dataset.now) - 75) * minute);
}
toNow();

// --- on a phone one column at a time: the one that was looked at last
const COLUMN = "soyoo-board-column";
function showColumn(key) {
  const column = key && document.getElementById(key);
  if (!column?.matches(".column")) return;
  document.querySelectorAll(".column").forEach((other) => other.classList.toggle("shown", other === column));
  document.querySelectorAll("[data-column]").forEach((chip) => chip.setAttribute("aria-pressed", String(chip.dataset.column === key)));
}
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-column]");
  if (chip) { sessionStorage.setItem(COLUMN, chip.dataset.column); showColumn(chip.dataset.column); }
});
showColumn(sessionStorage.getItem(COLUMN));

// --- messages that were swapped in go away by themselves, together with what they offer to take back
function freshToasts() {
  document.querySelectorAll("#toasts [data-fresh]").forEach((toast) => {
    toast.removeAttribute("data-fresh");
    setTimeout(() => toast.remove(), Number(toast.dataset.seconds ?? 8) * 1000);
  });
}
document.addEventListener("htmx:oobAfterSwap", freshToasts);
document.addEventListener("htmx:afterSettle", freshToasts);
document.addEventListener("submit", (event) => { if (event.target.matches("#toasts .undo")) setTimeout(() => { event.target.closest(".alert").style.display = "none"; }); });  // it goes with its time: its answer still comes to it
document.querySelectorAll(".js-until").forEach((form) => setTimeout(() => form.remove(), Number(form.dataset.seconds) * 1000));

// --- a visit opens beside itself: by mouse, by keyboard
let opening = 0;
function openVisit(visit) {
  clearTimeout(opening);
  if (isNarrow()) return;
  document.querySelectorAll(".visit.open").forEach((other) => { if (other !== visit) other.classList.remove("open"); });
  const more = visit.querySelector(".more"), face = visit.getBoundingClientRect();
  visit.classList.add("open");
  const room = panel && !panel.hidden ? innerWidth - panel.offsetWidth : innerWidth;
  const beside = face.right + more.offsetWidth + 6 < room ? face.right + 2 : Math.max(8, face.left - more.offsetWidth - 2);
  more.style.left = `${beside}px`;
  more.style.top = `${Math.max(64, Math.min(face.top, innerHeight - more.offsetHeight - 8))}px`;
}
document.addEventListener("mouseover", (event) => {
  const visit = event.target.closest?.(".visit");
  clearTimeout(opening);
  if (visit) { if (!visit.classList.contains("open")) opening = setTimeout(() => openVisit(visit), 180); }
  else opening = setTimeout(() => document.querySelectorAll(".visit.open").forEach((open) => { if (!open.contains(document.activeElement)) open.classList.remove("open"); }), 220);
});
document.addEventListener("focusin", (event) => {
  const visit = event.target.closest?.(".visit");
  if (visit && event.target.matches(":focus-visible")) openVisit(visit);
  else if (!visit) document.querySelectorAll(".visit.open").forEach((open) => { if (!open.matches(":hover")) open.classList.remove("open"); });
});
document.addEventListener("scroll", (event) => { if (event.target.id === "board-scroll") document.querySelectorAll(".visit.open").forEach((open) => open.classList.remove("open")); }, true);

// --- a move that asks why
const why = document.getElementById("why");
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-asks]");
  if (button && why) {
    event.preventDefault();
    const text = document.getElementById("why-text"), must = button.dataset.asks === "must";
    document.getElementById("why-title").textContent = button.dataset.what;
    text.value = "";
    text.required = must;
    why.querySelector(".req").hidden = !must;
    why.querySelector(".js-reasons").hidden = must;
    why.returnValue = "no";
    why.showModal();
    text.focus();
    why.addEventListener("close", () => {
      if (why.returnValue !== "yes") { button.focus(); return; }
      const form = button.form, to = document.createElement("input");  // the button isn't what was pressed last
      Object.assign(to, { type: "hidden", name: button.name, value: button.value });
      form.append(to);
      form.elements.reason.value = text.value;
      form.requestSubmit();
      to.remove();
    }, { once: true });
  }
  const reason = event.target.closest("[data-reason]");
  if (reason) { document.getElementById("why-text").value = reason.dataset.reason; why.querySelector("[value=yes]").focus(); }
});

// --- the booking panel
let opener = null;
const booking = () => body?.querySelector("form.booking");
const isChanged = () => booking()?.dataset.dirty === "1";

function openPanel(link) {
  opener = focusKey(link);
  document.querySelectorAll(".visit.open").forEach((open) => open.classList.remove("open"));
  const form = booking();
  const wanted = new URL(link.href);
  if (!panel.hidden && form && link.matches(".point") && wanted.pathname.endsWith("/add") && wanted.searchParams.get("start_at")) { moveTo(form, wanted.searchParams, link); return; }
  if (!panel.hidden && isChanged() && form) { form.querySelector(".form-actions .btn-primary").focus(); return; }  // nothing typed is lost
  panel.hidden = false;
  document.documentElement.classList.add("panel-is-open");
  body.textContent = body.dataset.waiting;
  markChosen(link.matches(".point") ? link : null);
  htmx.ajax("GET", link.href, { target: body, swap: "innerHTML" });
}
// another point of the board while the form is open: only doctor, chair and time change
function moveTo(form, asked, link) {
  setDate(form, asked.get("start_at"));
  for (const name of ["doctor_id", "chair_id"]) {
    const id = asked.get(name), box = form.querySelector(`#${name}`)?.tomselect;
    if (!box || !id || box.getValue() === id) continue;
    fetch(`${box.input.dataset.lookup}?q=`, { headers: { Accept: "application/json" } }).then((answer) => answer.json()).then((found) => {
      found.forEach((option) => box.addOption(option));
      if (box.options[id]) box.setValue(id);
    });
  }
  form.dataset.dirty = "1";
  markChosen(link);
  focusFirst(form);
}
function setDate(form, text) {
  const input = form.querySelector("#start_at");
  if (input._flatpickr) input._flatpickr.setDate(text, false);
  input.value = text;
}
let chosen = null;
function markChosen(link) {
  if (link !== undefined) chosen = link ? link.getAttribute("href") : null;
  document.querySelectorAll(".point.chosen").forEach((point) => point.classList.remove("chosen"));
  if (chosen && panel && !panel.hidden) document.querySelector(`.point[href="${CSS.escape(chosen)}"]`)?.classList.add("chosen");
}
function closePanel() {
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  body.textContent = "";
  document.documentElement.classList.remove("panel-is-open");
  markChosen(null);
  if (opener) document.querySelector(opener)?.focus({ preventScroll: true });
}
function focusFirst(form) {
  const free = form.querySelector(".free-times [data-save]"), reason = form.querySelector("#override_reason"), likely = form.querySelector("[data-patient]");
  if (free || reason || likely) {  // a way out stands ready: not the field, whose calendar would cover it
    form.querySelector("#start_at")?._flatpickr?.close();
    (free ?? likely ?? reason).focus();
    return;
  }
  if (form.querySelector("[aria-invalid=true], #problems")) return;  // the page's own script leads to the first error
  if (form.dataset.but) { (form.dataset.dirty ? form.querySelector(".form-actions .btn-primary") : form.querySelector(".js-find-free"))?.focus(); return; }
  const patient = form.querySelector("#patient_id");
  if (patient?.tomselect && !patient.closest("[hidden]")) { if (!patient.value) patient.tomselect.focus(); else form.querySelector(".form-actions .btn-primary").focus(); }
  else form.querySelector("#caller_name:not([hidden] *), #start_at")?.focus();
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-panel]");
  if (link && panel && !event.ctrlKey && !event.metaKey && event.button === 0) { event.preventDefault(); openPanel(link); }
  if (event.target.closest(".js-close-panel")) closePanel();
});
if (body) {
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== body && event.target !== body) return;
    const form = booking();
    if (!form) return;
    if (dropped) { prepareForm(form); sendDropped(form); return; }
    panel.hidden = false;
    document.documentElement.classList.add("panel-is-open");
    prepareForm(form);
    focusFirst(form);
  });
  document.addEventListener("visit-saved", () => { opener = null; closePanel(); look(true); });  // what was just saved is shown, whatever lies open
}
document.querySelectorAll("form.booking").forEach((form) => { prepareForm(form); focusFirst(form); });

function prepareForm(form) {
  // what was found for the letters before must never be taken by an Enter that comes too early
  form.querySelectorAll("select.js-lookup").forEach((select) => {
    const box = select.tomselect;
    if (!box || select.dataset.careful) return;
    select.dataset.careful = "1";
    let pending = false;
    box.on("type", () => { pending = false; box.clearOptions((option) => box.items.includes(String(option.id))); });
    box.control_input.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey && box.control_input.value && !box.activeOption) pending = true; }, true);
    box.on("load", (found) => { if (pending && found.length === 1) box.addItem(String(found[0].id)); pending = false; });
    box.on("item_add", () => {
      if (select.id !== "patient_id") return;
      setTimeout(() => {  // only then the form holds it
        if (form.elements.start_at?.value && form.elements.doctor_id?.value) form.querySelector(".form-actions .btn-primary")?.focus();
        else form.dispatchEvent(new CustomEvent("needs-time", { bubbles: true }));
      });
    });
  });
}

// a caller instead of a patient, and back
function swapWho(form, isCaller) {
  form.querySelector(".js-known").hidden = isCaller;
  form.querySelector(".js-new").hidden = !isCaller;
  if (isCaller) { form.querySelector("#patient_id").tomselect?.clear(); form.querySelector("#caller_name").focus(); }
  else { form.querySelectorAll(".js-new input").forEach((input) => { input.value = ""; }); form.querySelector("#patient_id").tomselect?.focus(); }
}
document.addEventListener("click", (event) => {
  const form = event.target.closest("form.booking");
  if (!form) return;
  if (event.target.closest(".js-caller")) swapWho(form, true);
  if (event.target.closest(".js-known-again")) swapWho(form, false);
  const known = event.target.closest("[data-patient]");
  if (known) {
    swapWho(form, false);
    const box = form.querySelector("#patient_id").tomselect;
    box.addOption({ id: known.dataset.patient, text: known.dataset.name });
    box.setValue(known.dataset.patient);
  }
});
// --- dragging a visit to a free point: the same form as "another time", filled and sent
let dragged = null, dropped = null;
document.addEventListener("dragstart", (event) => {
  const visit = event.target.closest?.(".visit[data-move]");
  if (!visit || isNarrow()) return;
  dragged = visit;
  visit.classList.add("dragged");
  visit.classList.remove("open");
  clearTimeout(opening);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", visit.querySelector(".face").textContent.trim());
});
document.addEventListener("dragover", (event) => {
  const point = dragged && event.target.closest?.(".point");
  document.querySelectorAll(".point.over").forEach((other) => { if (other !== point) other.classList.remove("over"); });
  if (point) { event.preventDefault(); point.classList.add("over"); }
});
document.addEventListener("dragend", () => { dragged?.classList.remove("dragged"); dragged = null; document.querySelectorAll(".point.over").forEach((point) => point.classList.remove("over")); });
document.addEventListener("drop", (event) => {
  const point = dragged && event.target.closest?.(".point");
  if (!point) return;
  event.preventDefault();
  if (isChanged()) { booking().querySelector(".form-actions .btn-primary").focus(); return; }  // nothing typed is lost
  dropped = { asked: new URL(point.href).searchParams, column: point.closest(".column"), from: dragged.closest(".column") };
  panel.hidden = true;
  htmx.ajax("GET", dragged.dataset.move, { target: body, swap: "innerHTML" });
});
function sendDropped(form) {
  const { asked, column, from } = dropped, name = document.getElementById("board-scroll").dataset.by === "chair" ? "chair_id" : "doctor_id";
  dropped = null;
  setDate(form, asked.get("start_at"));
  if (column !== from) {
    for (const key of name === "doctor_id" && asked.get("chair_id") ? [name, "chair_id"] : [name]) {
      const box = form.querySelector(`#${key}`).tomselect;
      box.addOption({ id: asked.get(key), text: column.getAttribute("aria-label") });
      box.setValue(asked.get(key));
    }
  }
  form.requestSubmit();
}

// --- the keyboard: n books, arrows walk over the free points, Escape closes
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    const open = document.querySelector(".visit.open");
    if (open) { open.classList.remove("open"); open.querySelector(".face").focus(); return; }
    if (panel && !panel.hidden && !document.querySelector(".flatpickr-calendar.open, .ts-wrapper.dropdown-active") && !isChanged()) closePanel();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n") { const book = document.getElementById("book"); if (book) { event.preventDefault(); book.click(); } }
  const point = event.target.closest(".point");
  if (point && event.key.startsWith("Arrow")) { event.preventDefault(); walk(point, event.key); }
});
function walk(point, key) {
  const column = point.closest(".column"), points = [...column.querySelectorAll(".point")];
  let next = null;
  if (key === "ArrowDown" || key === "ArrowUp") next = points[points.indexOf(point) + (key === "ArrowDown" ? 1 : -1)];
  else {
    const columns = [...document.querySelectorAll(".column")].filter((other) => other.querySelector(".point"));
    const beside = columns[columns.indexOf(column) + (key === "ArrowRight" ? 1 : -1)];
    const top = (element) => Number(element.style.getPropertyValue("--top"));
    next = beside && [...beside.querySelectorAll(".point")].reduce((best, other) => (Math.abs(top(other) - top(point)) < Math.abs(top(best) - top(point)) ? other : best));
  }
  if (!next) return;
  document.querySelectorAll(".point[tabindex='0']").forEach((other) => { if (other.closest(".column") === next.closest(".column")) other.tabIndex = -1; });
  next.tabIndex = 0;
  next.focus();
}

// --- another day by the date field
document.addEventListener("change", (event) => { if (event.target.id === "board-day" && event.target.value) event.target.form.requestSubmit(); });
