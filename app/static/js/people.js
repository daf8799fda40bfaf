// The register number fills birthday and gender while one types; what a clerk wrote is never overwritten.
// The server decides the same again (rules.md, People).
const register = document.getElementById("register_number");
const birthday = document.getElementById("birthday");
const gender = document.getElementById("gender");
let filled = { birthday: "", gender: "" };

function parse(text) {
  const match = /^[А-ЯЁӨҮ]{2}(\d{2})(\d{2})(\d{2})(\d)\d$/.exec(text.replace(/[\s-]/g, "").toUpperCase());
  if (!match) return null;
  const [, year, month, day, sex] = match.map(Number);
  const full = (month > 20 ? 2000 : 1900) + year;
  const real = month > 20 ? month - 20 : month;
  const date = new Date(full, real - 1, day);
  if (date.getMonth() !== real - 1 || date.getDate() !== day) return null;
  return { birthday: `${full}-${String(real).padStart(2, "0")}-${String(day).padStart(2, "0")}`, gender: sex % 2 ? "male" : "female" };
}

register?.addEventListener("input", () => {
  const found = parse(register.value);
  if (!found) return;
  if (birthday && (!birthday.value || birthday.value === filled.birthday)) {
    if (birthday._flatpickr) birthday._flatpickr.setDate(found.birthday); else birthday.value = found.birthday;
  }
  if (gender && (!gender.value || gender.value === filled.gender)) gender.value = found.gender;
  filled = found;
});
