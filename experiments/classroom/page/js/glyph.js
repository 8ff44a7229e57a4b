// The expertise of one organisation as a rose: a petal per field, as long as the skill; a thin line where it started.

import { byId } from "./dom.js";
import { named, t } from "./i18n.js";
import { COLOURS, FAINT, sharpen } from "./looks.js";

/** Draw the rose of an organisation into a canvas. */
export function drawRose(canvas, told) {
  const { pen, width, height } = sharpen(canvas);
  const count = told.skills.length, reach = Math.min(width, height) / 2 - 3, turn = 2 * Math.PI / count;
  pen.translate(width / 2, height / 2);
  pen.strokeStyle = "#d5d9de";
  for (const ring of [0.5, 1]) { pen.beginPath(); pen.arc(0, 0, ring * reach, 0, 2 * Math.PI); pen.stroke(); }
  told.skills.forEach((skill, field) => {
    petal(pen, field * turn - Math.PI / 2, turn, Math.max(0.02, skill) * reach);
    pen.fillStyle = COLOURS[field % COLOURS.length];
    pen.fill();
  });
  told.core.forEach((skill, field) => {
    const angle = field * turn - Math.PI / 2;
    pen.beginPath();
    pen.arc(0, 0, Math.max(0.02, skill) * reach, angle - 0.46 * turn, angle + 0.46 * turn);
    pen.strokeStyle = FAINT;
    pen.lineWidth = 1.5;
    pen.stroke();
  });
}

function petal(pen, angle, turn, length) {
  pen.beginPath();
  pen.moveTo(0, 0);
  pen.arc(0, 0, length, angle - 0.42 * turn, angle + 0.42 * turn);
  pen.closePath();
}

/** Show the rose beside the pointer. */
export function showGlyph(told, x, y) {
  const box = byId("glyph");
  box.hidden = false;
  drawRose(box.querySelector("canvas"), told);
  const best = told.skills.indexOf(Math.max(...told.skills));
  box.querySelector("p").textContent = t("glyph", { n: told.organisation + 1, sector: named("sectors", told.sector), field: best + 1 });
  const right = x + 20 + box.offsetWidth < innerWidth ? x + 20 : x - 20 - box.offsetWidth;
  box.style.left = `${Math.max(4, right)}px`;
  box.style.top = `${Math.max(4, Math.min(y - 60, innerHeight - box.offsetHeight - 4))}px`;
}

/** Hide the rose. */
export function hideGlyph() { byId("glyph").hidden = true; }
