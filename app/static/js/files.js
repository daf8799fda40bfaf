// Bringing files: dropped or chosen, several at once, sent one after the other with a bar each. A file that is refused
// or doesn't arrive keeps none of the others out, and can be sent again. The form comes later than the page: everything
// listens at the document. Texts stand on the form.
const token = document.querySelector('meta[name="csrf-token"]').content;
const FIELDS = ["patient_id", "treatment_id", "category", "tooth_id", "taken_on", "note"];

for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => { const drop = event.target.closest?.(".bring .file-drop"); if (drop) { event.preventDefault(); drop.classList.add("over"); } });
for (const name of ["dragleave", "drop"]) document.addEventListener(name, (event) => event.target.closest?.(".bring .file-drop")?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  const drop = event.target.closest?.(".bring .file-drop");
  if (!drop) return;
  event.preventDefault();
  choose(drop.closest("form"), event.dataTransfer.files);
});
document.addEventListener("change", (event) => { if (event.target.matches?.('.bring input[type="file"]')) choose(event.target.form, event.target.files); });
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches?.(".bring")) return;
  event.preventDefault();
  if (waiting(form).length) sendAll(form); else form.elements.file.click();
}, true);

// --- what is chosen waits in a list until "Add": first one may say what kind of files they are
function choose(form, files) {
  const list = form.querySelector(".sending");
  list.querySelectorAll(".good").forEach((line) => line.remove());
  for (const file of files) {
    const line = document.createElement("li");
    line.innerHTML = '<b></b><button type="button" class="btn btn-icon btn-sm">×</button><progress max="1" value="0" hidden></progress><span class="said small"></span>';
    line.querySelector("b").textContent = file.name;
    line.querySelector("button").setAttribute("aria-label", `× ${file.name}`);
    line.querySelector("button").addEventListener("click", () => line.remove());
    line.file = file;
    say(line, file.size > Number(form.dataset.largest) * 1048576 ? "bad" : "", file.size > Number(form.dataset.largest) * 1048576 ? form.dataset.tooLarge : form.dataset.waits);
    list.append(line);
  }
  form.elements.file.value = "";
  form.elements.file.required = false;
}
function waiting(form) { return [...form.querySelectorAll(".sending li")].filter((line) => line.file && !line.matches(".good, .busy") && line.file.size <= Number(form.dataset.largest) * 1048576); }
function say(line, kind, text) { line.className = kind; line.querySelector(".said").textContent = text; }

async function sendAll(form) {
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  let sent = 0;
  for (const line of waiting(form)) sent += await send(form, line);
  delete form.dataset.busy;
  if (sent) show(form);
}
function send(form, line) {
  const data = new FormData(), request = new XMLHttpRequest(), bar = line.querySelector("progress");
  for (const name of FIELDS) data.append(name, form.elements[name]?.value ?? "");
  data.append("file", line.file, line.file.name);
  bar.hidden = false;
  bar.setAttribute("aria-label", line.file.name);
  say(line, "busy", form.dataset.waits);
  return new Promise((done) => {
    const end = (kind, text) => { bar.hidden = true; say(line, kind, text); if (kind === "good") line.querySelector("button").remove(); done(kind === "good" ? 1 : 0); };
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token);
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
    request.upload.addEventListener("load", () => { bar.removeAttribute("value"); line.querySelector(".said").textContent = form.dataset.looks; });
    request.addEventListener("load", () => { const told = answer(request); end(told.ok ? "good" : "bad", told.message || form.dataset.lost); });
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => end("bad", form.dataset.lost));
    request.send(data);
  });
}
function answer(request) {
  try {
    const told = JSON.parse(request.responseText);
    return told.files ? told.files[0] : { ok: false, message: told.message };
  } catch { return { ok: false, message: "" }; }
}
// --- the list shows what is new; a page without one leads back when all is done
function show(form) {
  const area = form.closest(".panel-body")?.querySelector(".file-grid-area");
  if (area && form.dataset.part) window.htmx.ajax("GET", form.dataset.part, { target: area, swap: "outerHTML" });
  else if (!form.querySelector(".sending .bad") && form.closest("[data-done]")) location.assign(form.closest("[data-done]").dataset.done);
}
