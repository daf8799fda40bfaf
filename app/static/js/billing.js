// Money pages: totals while one types, the price of what is chosen, two tenders, change. The server decides the same again.

const read = (input) => { const bare = (input?.value ?? "").replace(/[\s,₮]/g, ""); return /^\d{1,15}$/.test(bare) ? Number(bare) : 0; };
const show = (amount) => `${String(amount).replace(/\B(?=(\d{3})+(?!\d))/g, ",")} ₮`;
const write = (input, amount) => { input.value = amount ? String(amount).replace(/\B(?=(\d{3})+(?!\d))/g, ",") : ""; };

// --- lines of a draft
const lines = document.getElementById("lines-form");
const pay = document.getElementById("pay-form");

function addUp() {
  let sum = 0;
  lines.querySelectorAll(".rows .row-item").forEach((row) => {
    const quantity = Number(row.dataset.quantity && !row.querySelector('[name$="-quantity"]:not([type="hidden"])') ? row.dataset.quantity : row.querySelector('[name$="-quantity"]').value) || 0;
    const typed = row.querySelector('[name$="-unit_price"]');
    const price = typed ? read(typed) : Number(row.dataset.price ?? 0);
    const total = Math.max(0, quantity * price - read(row.querySelector('[name$="-discount"]')));
    row.querySelector(".line-total").textContent = quantity * price ? show(total) : "";
    sum += total;
  });
  lines.querySelector("[data-sum]").textContent = show(sum);
  // what is paid is what was saved: a payment waits for it
  if (pay) {
    document.getElementById("pay-fields").disabled = true;
    document.getElementById("pay-button").disabled = true;
    document.getElementById("save-first").hidden = false;
  }
  document.getElementById("save-lines").classList.add("btn-primary");
}

lines?.addEventListener("input", addUp);
lines?.addEventListener("change", (event) => {
  const select = event.target.closest('select[name$="-charge"]');
  if (select) {
    const price = select.closest(".row-item").querySelector('[name$="-unit_price"]');
    const chosen = select.tomselect?.options[select.value];
    if (price) { write(price, chosen?.price); price.readOnly = Boolean(chosen); }
  }
  addUp();
});
lines?.addEventListener("click", (event) => {
  if (event.target.closest(".js-add-row")) setTimeout(() => lines.querySelector(".rows .row-item:last-child select")?.tomselect?.focus());
  if (event.target.closest(".js-remove-row")) setTimeout(addUp);
});

// --- tenders
const form = document.querySelector("form.pay");
const tender = (number, name) => form.querySelector(`[name="tenders-${number}-${name}"]`);

function money() {
  const cashBox = form.querySelector(".cash");
  const owed = cashBox.dataset.owed === undefined ? null : Number(cashBox.dataset.owed);
  let cash = 0, sum = 0;
  [0, 1].forEach((number) => {
    const amount = read(tender(number, "amount"));
    sum += amount;
    if (form.querySelector(`[name="tenders-${number}-method"]:checked`)?.value === "cash") cash += amount;
  });
  cashBox.hidden = !cash;
  document.getElementById("change").textContent = show(Math.max(0, read(form.querySelector('[name="received"]')) - cash));
  const over = document.getElementById("over");
  over.dataset.text ??= over.textContent;
  over.hidden = owed === null || sum <= owed;
  over.textContent = over.dataset.text.replace("{amount}", show(sum - (owed ?? 0)));
}

if (form) {
  const split = document.getElementById("split");
  const second = document.getElementById("second-tender");
  const owed = () => Number(form.querySelector(".cash").dataset.owed ?? 0);
  split.hidden = !second.hidden;
  split.addEventListener("click", () => {
    second.hidden = false;
    split.hidden = true;
    const card = form.querySelector('[name="tenders-1-method"][value="card"]');
    if (card) card.checked = true;
    tender(0, "amount").select();
    tender(0, "amount").focus();
    money();
  });
  form.addEventListener("input", (event) => {
    // the second amount is the rest of what is owed, until somebody writes it
    if (event.target === tender(0, "amount") && !second.hidden && owed() && !tender(1, "amount").dataset.own) write(tender(1, "amount"), Math.max(0, owed() - read(event.target)));
    if (event.target === tender(1, "amount")) event.target.dataset.own = "1";
    money();
  });
  // the amount is at hand; on a phone the keyboard would hide what it is for
  if (matchMedia("(min-width: 1151px)").matches && !document.getElementById("problems") && tender(0, "amount").value) { tender(0, "amount").focus({ preventScroll: true }); tender(0, "amount").select(); }
  money();
}
document.getElementById("print-receipt")?.focus({ preventScroll: true });

// --- money on account: what the chosen patient owes is shown, unless something was written already
const patient = document.querySelector('form[data-patient] select[name="patient_id"]');
patient?.addEventListener("change", () => {
  if (!patient.value || tender(0, "amount").value !== form.dataset.patient) return;
  delete form.dataset.dirty;
  location.assign(`${location.pathname}?patient_id=${patient.value}`);
});
