// The viewer: zoom by wheel, buttons and keys, move by drag and by two fingers, turn, invert, contrast, brightness.
// Two pictures beside each other are looked at in the same way, each from its own place.
const viewer = document.getElementById("viewer"), shown = document.getElementById("zoom");
const LEAST = 1, MOST = 16, STEP = 1.25, MOVE = 60;
const look = { scale: 1, turn: 0, invert: false, contrast: 100, brightness: 100 };
const panes = [...viewer.querySelectorAll("[data-pane]")].map((pane) => ({ stage: pane.querySelector(".stage"), image: pane.querySelector("img"), x: 0, y: 0, fingers: new Map() }));

function draw() {
  for (const pane of panes) {
    if (look.scale === 1) pane.x = pane.y = 0;
    const room = pane.stage.getBoundingClientRect(), free = 0.5 * (look.scale - 1);
    const side = Math.max(room.width, room.height) * free + 40;
    pane.x = Math.max(-side, Math.min(side, pane.x));
    pane.y = Math.max(-side, Math.min(side, pane.y));
    const fit = look.turn % 180 ? onItsSide(pane.image, room) : 1;
    pane.image.style.transform = `translate(${pane.x}px, ${pane.y}px) rotate(${look.turn}deg) scale(${look.scale * fit})`;
    pane.image.style.filter = `${look.invert ? "invert(1) " : ""}contrast(${look.contrast}%) brightness(${look.brightness}%)`;
  }
  shown.textContent = `${Math.round(look.scale * 100)} %`;
}
// how much smaller or larger a picture must be drawn to fit on its side as it did upright
function onItsSide(image, room) {
  const wide = image.naturalWidth || 1, high = image.naturalHeight || 1;
  return Math.min(room.width / high, room.height / wide) / Math.min(room.width / wide, room.height / high);
}
function zoom(factor, pane, at) {
  const before = look.scale;
  look.scale = Math.max(LEAST, Math.min(MOST, before * factor));
  const ratio = look.scale / before;
  for (const one of panes) {
    const room = one.stage.getBoundingClientRect();
    // what lies under the pointer stays under it
    const dx = at && one === pane ? at.x - room.left - room.width / 2 : 0, dy = at && one === pane ? at.y - room.top - room.height / 2 : 0;
    one.x = dx - (dx - one.x) * ratio;
    one.y = dy - (dy - one.y) * ratio;
  }
  draw();
}
function fit() { look.scale = 1; draw(); }
const DO = {
  in: () => zoom(STEP), out: () => zoom(1 / STEP), fit,
  turn: () => { look.turn = (look.turn + 90) % 360; draw(); },
  invert: () => { look.invert = !look.invert; viewer.querySelector('[data-do="invert"]').setAttribute("aria-pressed", String(look.invert)); draw(); },
};
viewer.addEventListener("click", (event) => { const button = event.target.closest("[data-do]"); if (button) DO[button.dataset.do](); });
viewer.addEventListener("input", (event) => { if (event.target.type === "range") { look[event.target.name] = Number(event.target.value); draw(); } });

const KEYS = { "+": "in", "=": "in", "-": "out", "−": "out", 0: "fit", r: "turn", i: "invert" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  const on = event.target.closest(".stage");
  if (KEYS[event.key]) { event.preventDefault(); DO[KEYS[event.key]](); return; }
  const way = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (!way) return;
  if (on && look.scale > 1) {  // inside an enlarged picture the arrows walk over it
    event.preventDefault();
    const pane = panes.find((one) => one.stage === on);
    pane.x += way[0] * MOVE;
    pane.y += way[1] * MOVE;
    draw();
  } else if (way[0]) document.querySelector(way[0] > 0 ? 'main a[rel="prev"]' : 'main a[rel="next"]')?.click();
});

for (const pane of panes) {
  pane.stage.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? STEP : 1 / STEP, pane, { x: event.clientX, y: event.clientY }); }, { passive: false });
  pane.stage.addEventListener("dblclick", (event) => { if (look.scale > 1) fit(); else zoom(3, pane, { x: event.clientX, y: event.clientY }); });
  pane.stage.addEventListener("pointerdown", (event) => {
    pane.stage.setPointerCapture(event.pointerId);
    pane.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    pane.stage.classList.add("held");
  });
  pane.stage.addEventListener("pointermove", (event) => {
    const before = pane.fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY }, others = [...pane.fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    pane.fingers.set(event.pointerId, now);
    if (others.length) {
      const apart = (one) => Math.hypot(one.x - others[0].x, one.y - others[0].y) || 1;
      zoom(apart(now) / apart(before), pane, { x: (now.x + others[0].x) / 2, y: (now.y + others[0].y) / 2 });
    } else if (look.scale > 1) { pane.x += now.x - before.x; pane.y += now.y - before.y; draw(); }
  });
  for (const name of ["pointerup", "pointercancel"]) pane.stage.addEventListener(name, (event) => { pane.fingers.delete(event.pointerId); pane.stage.classList.toggle("held", pane.fingers.size > 0); });
  pane.image.addEventListener("load", draw);
}
const beside = document.getElementById("with");
if (beside) {
  document.querySelector(".js-off").remove();
  beside.addEventListener("change", () => { if (beside.value) beside.form.submit(); else location.assign(location.pathname); });
}
addEventListener("resize", draw);
draw();
