// The booking form: how long the visit takes, what is known of the patient, free times that fill doctor, chair and start.

const asked = ["doctor_id", "chair_id", "assistant_id", "patient_id", "planned_service", "minutes", "start_at"];

async function part(path, values, target, done) {
  const url = new URL(path, location.href);
  for (const [name, value] of values) if (value) url.searchParams.append(name, value);
  const turn = (Number(target.dataset.turn) || 0) + 1;
  target.dataset.turn = String(turn);
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
    if (answer.headers.has("HX-Redirect")) { location.assign(answer.headers.get("HX-Redirect")); return; }
    if (target.dataset.turn !== String(turn) || answer.status >= 500) return;  // a newer question is on its way
    target.innerHTML = await answer.text();
    htmx.process(target);
    done?.();
  } catch { /* not reachable just now: the form works without it */ }
}
const told = (form, names) => names.map((name) => [name, form.elements[name]?.value]);

// --- what depends on what is chosen so far
function lookAtLength(form) {
  const target = form.querySelector(".js-length");
  if (!target) return;
  if (!form.elements.planned_service?.value && !form.elements.minutes?.value) { target.textContent = ""; return; }
  part(form.dataset.length, told(form, ["planned_service", "minutes", "start_at"]), target);
}
function lookAtPatient(form) {
  const target = form.querySelector(".js-of-patient");
  if (!target) return;
  if (!form.elements.patient_id?.value) { target.textContent = ""; return; }
  part(form.dataset.known, told(form, ["patient_id"]), target);
}
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form.booking");
  if (!form) return;
  if (["planned_service", "minutes", "start_at"].includes(event.target.name)) lookAtLength(form);
  if (event.target.name === "patient_id") lookAtPatient(form);
  if (event.target.name === "also_for") {
    const ways = form.querySelector(".family .ways");
    if (ways) ways.hidden = !form.querySelector("[name=also_for]:checked");
  }
  if (event.target.matches("[data-find]")) searchFree(form);
});

// --- free times
function findFree(form, booksAtOnce = false) {
  const target = form.querySelector("#free"), start = form.elements.start_at.value || (form.dataset.day && `${form.dataset.day} 00:00`);
  const values = [...told(form, asked.slice(0, -1)), ["start_at", start], ["but", form.dataset.but], ["save", booksAtOnce && "1"]];
  part(form.dataset.free, values, target, () => { prepareDates(target); target.querySelector("[data-start], .js-search-free")?.focus(); });
}
// the patient is known, the time isn't: the nearest ones are offered, and one key takes the first
document.addEventListener("needs-time", (event) => findFree(event.target, true));
function searchFree(form) {
  const target = form.querySelector(".free-found"), finds = [...form.querySelectorAll("[data-find]")];
  const isAny = form.querySelector("[data-find=any_doctor]")?.checked;
  const wishes = finds.filter((one) => one.dataset.find !== "any_doctor" && (one.type !== "checkbox" || one.checked)).map((one) => [one.dataset.find, one.value]);
  const values = told(form, ["planned_service", "minutes", "patient_id"]).concat(isAny ? [] : told(form, ["doctor_id"]));
  part(form.dataset.search, [...values, ...wishes, ["but", form.dataset.but], ["in_form", "1"]], target);
}
function prepareDates(scope) {
  scope.querySelectorAll("input.js-day").forEach((input) => { if (window.flatpickr && !input._flatpickr) document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { elt: scope } })); });
}
// no time suits: what was chosen so far goes along to the form of the waitlist
function toWaitlist(form, link) {
  const url = new URL(link.href), names = { patient_id: "patient_id", planned_service: "service_id", doctor_id: "doctor_id", minutes: "minutes", purpose: "note" };
  for (const [name, wish] of Object.entries(names)) if (form.elements[name]?.value) url.searchParams.set(wish, form.elements[name].value);
  link.href = url.href;
  delete form.dataset.dirty;
}
document.addEventListener("click", (event) => {
  const form = event.target.closest("form.booking");
  if (!form) return;
  if (event.target.closest(".js-find-free")) findFree(form);
  const waitlist = event.target.closest(".js-to-waitlist");
  if (waitlist) toWaitlist(form, waitlist);
  const search = event.target.closest(".js-search-free");
  if (search) {
    form.querySelector("#free").classList.add("is-searching");
    form.querySelector(".free-search").hidden = false;
    searchFree(form);
    form.querySelector("[data-find]").focus();
  }
  const free = event.target.closest("[data-start]");
  if (free) take(form, free.dataset, free);
});
function take(form, chosen) {
  const input = form.querySelector("#start_at");
  if (input._flatpickr) input._flatpickr.setDate(chosen.start, false);
  input.value = chosen.start;
  if (chosen.doctor) {
    choose(form.querySelector("#doctor_id"), chosen.doctor, chosen.doctorName);
    choose(form.querySelector("#chair_id"), chosen.chair, chosen.chairName);
  }
  form.dataset.dirty = "1";
  lookAtLength(form);
  if ("save" in chosen) form.requestSubmit(); else form.querySelector(".form-actions .btn-primary").focus();
}
function choose(select, key, name) {
  const box = select?.tomselect;
  if (!box) return;
  if (!key) { box.clear(true); return; }
  box.addOption({ id: key, text: name });
  box.setValue(key, true);
}

// the buttons of a form that htmx sends are known to it only as what was pressed
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("[data-find]")) { event.preventDefault(); const form = event.target.closest("form.booking"); if (form) searchFree(form); }
});
