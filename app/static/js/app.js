// What every page needs: menu, shortcuts, lookups, dates, amounts, rows inside forms, questions before deleting.
// Texts come from the server in the reader's language (#texts).

const texts = JSON.parse(document.getElementById("texts").textContent);
const token = document.querySelector('meta[name="csrf-token"]').content;
const root = document.documentElement;

document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = token; });

// --- menu
document.getElementById("nav-toggle")?.addEventListener("click", () => {
  if (matchMedia("(max-width: 900px)").matches) { root.classList.toggle("nav-open"); return; }
  const closed = root.classList.toggle("nav-closed");
  localStorage.setItem("soyoo-nav", closed ? "closed" : "open");
});
document.addEventListener("click", (event) => {
  if (root.classList.contains("nav-open") && !event.target.closest(".side, #nav-toggle")) root.classList.remove("nav-open");
  document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  if (!event.target.closest(".top .search")) { const quick = document.getElementById("quick"); if (quick) quick.textContent = ""; }
});

// --- keyboard: "/" searches, Ctrl+Enter saves, arrows walk through what was found
const search = document.getElementById("global-search");
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && search) { event.preventDefault(); search.focus(); search.select(); }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest("form");
    if (form) { event.preventDefault(); form.requestSubmit(); }
  }
  if (event.key === "Escape") { root.classList.remove("nav-open"); const quick = document.getElementById("quick"); if (quick) quick.textContent = ""; }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest(".top .search")) {
    const links = [...document.querySelectorAll("#quick a")];
    if (!links.length) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (links[at] ?? search).focus();
  }
});
// Enter opens the first of what was found; pressed before it is there, it waits for it.
let awaited = null;
function openFirst() {
  const found = document.querySelector("#quick [data-query]");
  if (found?.dataset.query !== search.value.trim()) return false;
  const first = found.querySelector("a[data-first]");
  if (first) location.assign(first.href); else search.form.submit();
  return true;
}
search?.form.addEventListener("submit", (event) => {
  if (search.value.trim().length < 2) return;
  event.preventDefault();
  if (openFirst()) return;
  awaited = search.value.trim();
  search.dispatchEvent(new Event("search"));
});
document.addEventListener("htmx:afterSwap", (event) => { if (awaited && event.detail.target.id === "quick") { awaited = null; openFirst(); } });
document.addEventListener("htmx:sendError", (event) => { if (awaited && event.detail.target.id === "quick") search.form.submit(); });

// --- messages go away by themselves, but not while somebody reads them
function toast(element) {
  let timer = setTimeout(() => element.remove(), Number(element.dataset.seconds ?? 6) * 1000);
  element.addEventListener("mouseenter", () => clearTimeout(timer));
  element.addEventListener("mouseleave", () => { timer = setTimeout(() => element.remove(), 3000); });
}

// --- a question before what can't be undone
const question = document.getElementById("confirm");
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !form.dataset.confirmed) {
    event.preventDefault();
    document.getElementById("confirm-title").textContent = form.dataset.confirm;
    document.getElementById("confirm-text").textContent = form.dataset.confirmText ?? "";
    document.getElementById("confirm-yes").textContent = form.dataset.confirmYes ?? "";
    question.returnValue = "no";
    question.showModal();
    question.addEventListener("close", () => { if (question.returnValue === "yes") { form.dataset.confirmed = "1"; form.requestSubmit(event.submitter ?? undefined); } }, { once: true });
    return;
  }
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }  // a double click sends once
  form.dataset.sent = "1";
  form.dataset.dirty = "";
  setTimeout(() => { delete form.dataset.sent; }, 8000);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// --- a warning before leaving a form with changes
document.addEventListener("input", (event) => { const form = event.target.closest("form.js-form"); if (form) form.dataset.dirty = "1"; });
window.addEventListener("beforeunload", (event) => { if (document.querySelector('form.js-form[data-dirty="1"]')) event.preventDefault(); });

// --- ticks of a list: all at once, how many, and back to the list as it stands now
function countTicks() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const ticks = document.querySelectorAll('input[name="row"][form="bulk"]:checked').length;
  bar.querySelector(".js-ticked").textContent = ticks || "";
  bar.querySelectorAll("button").forEach((button) => { button.disabled = !ticks; });
  bar.elements.next.value = location.pathname + location.search;
}
document.addEventListener("change", (event) => {
  if (event.target.matches(".js-all")) document.querySelectorAll('input[name="row"][form="bulk"]').forEach((box) => { box.checked = event.target.checked; });
  countTicks();
});
document.addEventListener("htmx:afterSettle", countTicks);
window.addEventListener("pageshow", countTicks);

// --- a filter is kept as it stands now: the search box has changed the address since the page came
document.addEventListener("submit", (event) => { if (event.target.matches(".js-save-filter")) event.target.elements.query.value = location.search; }, true);

// --- related lists of a record: the chosen one is marked
document.addEventListener("htmx:beforeRequest", (event) => {
  const chosen = event.target.closest?.(".related .nav-tabs a");
  if (chosen) chosen.closest("ul").querySelectorAll("a").forEach((link) => { if (link === chosen) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current"); });
});

// --- parts that are shown and hidden
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggle]");
  if (button) {
    const part = document.querySelector(button.dataset.toggle);
    part.hidden = !part.hidden;
    button.setAttribute("aria-expanded", String(!part.hidden));
    if (!part.hidden) part.querySelector("input, select, textarea, button")?.focus();
  }
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.querySelector(opener.dataset.dialog)?.showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
  const add = event.target.closest(".js-add-row");
  if (add) addRow(add.closest(".js-rows"));
  const remove = event.target.closest(".js-remove-row");
  if (remove) { const form = remove.closest("form"); remove.closest(".row-item").remove(); if (form) form.dataset.dirty = "1"; }
  const print = event.target.closest(".js-print");
  if (print) { event.preventDefault(); window.print(); }
});

function addRow(rows) {
  const next = Number(rows.dataset.next);
  if (next >= Number(rows.dataset.most)) return;
  rows.dataset.next = String(next + 1);
  const holder = document.createElement("div");
  holder.append(rows.querySelector("template").content.cloneNode(true));
  holder.innerHTML = holder.innerHTML.replaceAll("__i__", String(next));
  const row = holder.firstElementChild;
  rows.querySelector(".rows").append(row);
  prepare(row);
  row.querySelector("input:not([type=hidden]), select")?.focus();
}

// --- fields
const dates = {
  firstDayOfWeek: 1, weekdays: { shorthand: texts.weekdaysShort, longhand: texts.weekdays },
  months: { shorthand: texts.months, longhand: texts.months }, rangeSeparator: " – ", time_24hr: true,
  ordinal: () => "", yearAriaLabel: texts.year, monthAriaLabel: texts.month, hourAriaLabel: texts.hour, minuteAriaLabel: texts.minute,
};
function prepare(scope) {
  if (window.flatpickr) {
    scope.querySelectorAll("input.js-day").forEach((input) => input._flatpickr || picker(input, readDay, { dateFormat: "Y-m-d" }));
    scope.querySelectorAll("input.js-moment").forEach((input) => input._flatpickr || picker(input, readMoment, { dateFormat: "Y-m-d H:i", enableTime: true, minuteIncrement: 5 }));
  }
  if (window.TomSelect) scope.querySelectorAll("select.js-lookup").forEach((select) => select.tomselect || lookup(select));
  scope.querySelectorAll("[data-toast]").forEach(toast);
  scope.querySelectorAll("#problems").forEach((box) => (scope.querySelector("[aria-invalid=true]") ?? box).focus());
}

// Flatpickr's own reading turns "2026-02-30" into March, and what it can't read it wipes out: only whole, real dates are
// taken, the rest stays as typed and is the server's to refuse.
function picker(input, read, options) {
  const made = flatpickr(input, { ...options, time_24hr: true, allowInput: true, disableMobile: true, locale: dates, parseDate: read, errorHandler: () => {} });
  const setDate = made.setDate;
  made.setDate = (date, ...rest) => { setDate(date, ...rest); if (!input.value && typeof date === "string") input.value = date; };
}
function readDay(text) {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  if (!parts) return undefined;
  const day = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  return day.getMonth() === Number(parts[2]) - 1 ? day : undefined;
}
function readMoment(text) {
  const [, date, hour, minute] = /^(\S+) (\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  const day = date && readDay(date);
  if (!day || hour > 23 || minute > 59) return undefined;
  day.setHours(Number(hour), Number(minute));
  return day;
}

function escapeHtml(text) { const box = document.createElement("div"); box.textContent = text ?? ""; return box.innerHTML; }

function lookup(select) {
  const render = (item) => `<div>${escapeHtml(item.text)}${item.detail ? ` <small>${escapeHtml(item.detail)}</small>` : ""}</div>`;
  const box = new TomSelect(select, {
    valueField: "id", labelField: "text", searchField: [], maxOptions: 50, preload: "focus", openOnFocus: true, selectOnTab: true, maxItems: 1, closeAfterSelect: true,
    score: () => () => 1,
    load(query, done) {
      const url = new URL(select.dataset.lookup, location.href);
      url.searchParams.set("q", query);
      fetch(url, { headers: { Accept: "application/json" } }).then((answer) => (answer.ok ? answer.json() : [])).then((found) => { box.clearOptions((option) => box.items.includes(String(option.id))); done(found); }, () => done());
    },
    onItemAdd() { this.setTextboxValue(""); this.refreshOptions(false); },
    shouldLoad: () => true,
    render: {
      option: render, item: (item) => `<div>${escapeHtml(item.text)}</div>`,
      no_results: () => `<div class="no-results" role="option" aria-disabled="true">${escapeHtml(texts.nothingFound)}</div>`,
      loading: () => `<div class="loading" role="option" aria-disabled="true">${escapeHtml(texts.searching)}</div>`,
    },
  });
  select.setAttribute("aria-hidden", "true");  // its label names the search box now
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  if (label) box.control_input.setAttribute("aria-label", label.textContent.trim());
  // what was found for other letters must not be chosen by a quick Enter
  box.control_input.addEventListener("input", () => { box.clearOptions((option) => box.items.includes(String(option.id))); box.clearActiveOption(); });
  if (select.dataset.allowEmpty !== "no") box.control_input.addEventListener("keydown", (event) => { if (event.key === "Backspace" && !box.control_input.value) box.clear(); });
}

document.addEventListener("focusout", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement)) return;
  if (input.classList.contains("js-money")) {
    const bare = input.value.replace(/[\s,₮]/g, "");
    if (/^-?\d{1,15}$/.test(bare)) input.value = bare.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  }
  if (input.classList.contains("js-phone")) {
    const bare = input.value.replace(/[\s-]/g, "");
    if (/^\d{8}$/.test(bare)) input.value = `${bare.slice(0, 4)} ${bare.slice(4)}`;
  }
});

// after settling: htmx puts the attributes of same-named elements back until then, and with them what a lookup has made
document.addEventListener("htmx:afterSettle", (event) => prepare(event.detail.elt));
prepare(document);
export { texts, prepare, escapeHtml };

// --- the bell: looked at again every minute while the page is in sight; that keeps no session alive
const bell = document.getElementById("bell"), LISTEN_EVERY = 60_000;
let lastHeard = Date.now();
async function part(url, target) {
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Current-URL": location.href }, redirect: "manual" });
    if (answer.headers.has("HX-Redirect")) leave(answer.headers.get("HX-Redirect"));
    else if (answer.ok) document.getElementById(target).innerHTML = await answer.text();
  } catch { /* not reachable just now: the next minute asks again */ }
}
// the session has ended: to the sign-in page, but what somebody is typing is left to them
let left = false;
function leave(place) { if (!left) { left = true; location.assign(place); } }
function listen() {
  if (document.hidden || Date.now() - lastHeard < LISTEN_EVERY) return;
  lastHeard = Date.now();
  part(bell.dataset.count, "bell-count");
}
if (bell) {
  setInterval(listen, LISTEN_EVERY);
  document.addEventListener("visibilitychange", listen);
  bell.addEventListener("toggle", () => { if (bell.open) part(bell.dataset.latest, "bell-list"); });
}
