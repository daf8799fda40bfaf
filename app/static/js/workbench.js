// The workbench: steps are dragged between visits; everything else is htmx. Each drag has its buttons beside it.

const box = document.getElementById("bench-visits");
let dragged = null;

function target(event) { return dragged && event.target.closest?.("#bench-visits [data-to]"); }
function unmark(but) { box?.querySelectorAll(".over").forEach((other) => { if (other !== but) other.classList.remove("over"); }); }

document.addEventListener("dragstart", (event) => {
  const step = event.target.closest?.(".step[draggable]");
  if (!step) return;
  dragged = step;
  step.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", step.querySelector("b").textContent.trim());
  box.classList.add("dragging");
});
document.addEventListener("dragover", (event) => {
  const place = target(event);
  unmark(place);
  if (place) { event.preventDefault(); place.classList.add("over"); }
});
document.addEventListener("dragend", () => { dragged?.classList.remove("dragged"); dragged = null; box?.classList.remove("dragging"); unmark(); });
document.addEventListener("drop", (event) => {
  const place = target(event);
  if (!place) return;
  event.preventDefault();
  if (place === dragged.closest("[data-to]")) return;
  arrange(`step:${dragged.dataset.step}:${place.dataset.to}${"new" in place.dataset ? ":new" : ""}`);
});

function arrange(move) {
  const values = { move };
  for (const id of ["wishes", "series"]) {
    for (const [name, value] of new FormData(document.getElementById(id))) values[name] = name in values ? [values[name], value].flat() : value;
  }
  values.move = move;
  htmx.ajax("POST", box.dataset.arrange, { source: box, target: box, swap: "innerHTML", values });
}

// the next free time of a visit: the option behind the chosen one
document.addEventListener("click", (event) => {
  const next = event.target.closest(".js-next-free");
  if (!next) return;
  const select = document.getElementById(next.dataset.for);
  select.value = next.dataset.after;
  select.dispatchEvent(new Event("change", { bubbles: true }));
});

// what was swapped in keeps the focus where it was: the same button, the same field; a refusal is read first
let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== box) return;
  const at = document.activeElement;
  kept = at?.id && box.contains(at) ? `#${CSS.escape(at.id)}` : at?.name && box.contains(at) ? `[name="${CSS.escape(at.name)}"]${at.value && at.name === "move" ? `[value="${CSS.escape(at.value)}"]` : ""}` : null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== box) return;
  const refused = box.querySelector("#refused");
  if (refused) refused.focus();
  else if (kept) box.querySelector(kept)?.focus({ preventScroll: true });
  kept = null;
});
