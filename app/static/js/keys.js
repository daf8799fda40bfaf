// Working by keyboard: "g" and a letter opens a page, "n" begins a new row, "j" and "k" walk through a list, "?" tells it all.
// Keys are read by their place on the keyboard (event.code): a Mongolian layout types Cyrillic letters.

const dialog = document.getElementById("shortcuts");
const places = new Map([...document.querySelectorAll(".side a[data-go]")].map((link) => [link.dataset.go, link]));
const busy = "input, textarea, select, [contenteditable], .ts-control, .flatpickr-calendar";
let waiting = 0;

function letter(event) {
  if (event.code.startsWith("Key")) return event.code.slice(3).toLowerCase();
  return event.key === "?" || (event.code === "Slash" && event.shiftKey) ? "?" : event.code;
}

function rows() { return [...document.querySelectorAll("#table-area tbody tr, #related-rows tbody tr")].filter((row) => row.querySelector("td.first a, td a")); }

function walk(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  (next.querySelector("td.first a") ?? next.querySelector("td a")).focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) link.click();
  return Boolean(link);
}

const doing = {
  n: () => follow("a[data-key=n]"), e: () => follow("a[data-key=e]"), j: () => walk(1), k: () => walk(-1),
  "?": () => { if (dialog) dialog.showModal(); return Boolean(dialog); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.target.closest?.(busy) || document.querySelector("dialog[open]")) return;
  const key = letter(event);
  if (waiting) {
    clearTimeout(waiting);
    waiting = 0;
    const place = places.get(key);
    if (place) { event.preventDefault(); place.click(); }
    return;
  }
  if (key === "g" && places.size) { event.preventDefault(); waiting = setTimeout(() => { waiting = 0; }, 1500); return; }
  if (Object.hasOwn(doing, key) && doing[key]()) event.preventDefault();
});
