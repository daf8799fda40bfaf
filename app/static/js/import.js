// The import of a patient list: a file can be dropped, and is sent as soon as it is chosen.
const drop = document.querySelector(".file-drop");
const input = drop.querySelector("input[type=file]");

function send() {
  if (!input.files.length) return;
  drop.querySelector(".chosen").textContent = `${input.files[0].name} …`;
  drop.classList.add("busy");
  drop.closest("form").requestSubmit();
}
input.addEventListener("change", send);
for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  send();
});
// Coming back by the browser's button: the field still holds the file, but nothing is on its way.
window.addEventListener("pageshow", () => { drop.classList.remove("busy"); drop.querySelector(".chosen").textContent = ""; });
