// The tooth chart and the prescription form. Without this file both work as plain ticks and fields; here the chart is one
// stop of the keyboard, says what is picked, and a finger gets large buttons for the surfaces.
// Arrows walk from tooth to tooth, Space picks, M D O I B L tick a surface (by the key's place, whatever the layout).

const LETTERS = { KeyM: "M", KeyD: "D", KeyO: "O", KeyI: "I", KeyB: "B", KeyF: "B", KeyL: "L", KeyP: "L" };

const teethOf = (chart) => [...chart.querySelectorAll(".tooth")];
const tickOf = (tooth) => tooth.querySelector('input[name="tooth"]');
const facesOf = (tooth) => [...tooth.querySelectorAll('input[name="surface"]')];

function prepareChart(chart) {
  if (chart.dataset.ready) return;
  chart.dataset.ready = "1";
  chart.querySelectorAll("input").forEach((input) => { input.tabIndex = -1; });
  const first = chart.querySelector('input[name="tooth"]:checked') ?? chart.querySelector('input[name="tooth"]');
  if (first) first.tabIndex = 0;
  chart.addEventListener("change", (event) => changed(chart, event.target));
  chart.addEventListener("keydown", (event) => pressed(chart, event));
  chart.addEventListener("focusin", (event) => {
    chart.querySelectorAll('input[tabindex="0"]').forEach((input) => { input.tabIndex = -1; });
    event.target.tabIndex = 0;
  });
  showPicked(chart);
}

function changed(chart, input) {
  const tooth = input.closest(".tooth");
  if (!tooth) return;
  if (input.name === "surface" && input.checked) tickOf(tooth).checked = true;
  if (input.name === "tooth" && !input.checked) facesOf(tooth).forEach((face) => { face.checked = false; });
  showPicked(chart);
}

function pressed(chart, event) {
  const tooth = event.target.closest(".tooth");
  if (!tooth || event.ctrlKey || event.metaKey || event.altKey) return;
  const letter = LETTERS[event.code];
  if (letter) {
    const face = facesOf(tooth).find((input) => input.dataset.letter === letter);
    if (face) { event.preventDefault(); face.checked = !face.checked; changed(chart, face); }
    return;
  }
  const next = neighbour(chart, tooth, event.key);
  if (next) { event.preventDefault(); tickOf(next).focus(); }
}

function neighbour(chart, tooth, key) {
  if (key === "ArrowLeft") return tooth.previousElementSibling;
  if (key === "ArrowRight") return tooth.nextElementSibling;
  if (key === "Home") return tooth.parentElement.firstElementChild;
  if (key === "End") return tooth.parentElement.lastElementChild;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const here = tooth.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  const away = (other) => { const box = other.getBoundingClientRect(); return { down: box.top - here.top, side: Math.abs(box.left + box.width / 2 - middle) }; };
  const wanted = key === "ArrowDown" ? 1 : -1;
  const found = teethOf(chart).map((other) => ({ other, ...away(other) })).filter((place) => place.down * wanted > 8);
  found.sort((a, b) => Math.abs(a.down) - Math.abs(b.down) || a.side - b.side);
  return found[0]?.other ?? null;
}

function showPicked(chart) {
  const box = chart.closest("form")?.querySelector(".picked");
  if (!box) return;
  const picked = teethOf(chart).filter((tooth) => tickOf(tooth).checked);
  box.textContent = "";
  if (!picked.length) { box.textContent = box.dataset.none; return; }
  picked.forEach((tooth) => box.append(line(chart, tooth)));
  const clear = button(box.dataset.clear, "btn btn-sm btn-link clear");
  clear.addEventListener("click", () => { chart.querySelectorAll("input:checked").forEach((input) => { input.checked = false; }); showPicked(chart); tickOf(picked[0]).focus(); });
  box.append(clear);
}

function line(chart, tooth) {
  const one = document.createElement("span");
  one.className = "one";
  const name = document.createElement("b");
  name.textContent = tooth.querySelector(".tooth-number span").textContent;
  one.append(name);
  facesOf(tooth).forEach((face) => {
    const letter = button(face.dataset.letter, "letter");
    letter.setAttribute("aria-label", face.getAttribute("aria-label"));
    letter.setAttribute("aria-pressed", String(face.checked));
    letter.addEventListener("click", () => {
      face.checked = !face.checked;
      changed(chart, face);
      const again = [...document.querySelectorAll(".picked .letter")].find((other) => other.getAttribute("aria-label") === letter.getAttribute("aria-label"));
      again?.focus();
    });
    one.append(letter);
  });
  return one;
}

function button(text, css) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = css;
  made.textContent = text;
  return made;
}

// --- the usual directions come with the medicine
function prepareMedicine(form) {
  const select = form.querySelector('select[name="medicine_id"]');
  if (!select || select.dataset.ready) return;
  select.dataset.ready = "1";
  form.querySelector("[data-plain]")?.remove();
  select.addEventListener("change", () => {
    if (!select.value || !window.htmx) return;
    window.htmx.ajax("GET", `${form.dataset.usual}?medicine_id=${encodeURIComponent(select.value)}`, { target: "#prescribing", swap: "innerHTML" })
      .then(() => document.querySelector('#prescribing [name="override_reason"], #prescribing [name="dosage"]')?.focus());
  });
}

function prepare(scope) {
  scope.querySelectorAll("[data-chart]").forEach(prepareChart);
  scope.querySelectorAll("form[data-usual]").forEach(prepareMedicine);
}

document.addEventListener("htmx:afterSettle", () => prepare(document));
prepare(document);
