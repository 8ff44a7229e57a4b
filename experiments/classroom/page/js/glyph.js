// The expertise of one organisation as a rose: a petal per domain, as long as the skill, and a thin
// line at its core skill.

import { byId } from "./dom.js";
import { t, translate } from "./i18n.js";
import { getColour, FAINT, sharpen } from "./looks.js";

// Half the width, as a share of the angle between petals.
const PETAL = 0.42;
const CORE_LINE = 0.46;
const SHORTEST = 0.02;

/** Draw the rose of an organisation: its `skills` and its `core` skills. */
export function drawRose(canvas, { skills, core }) {
  const { pen, width, height } = sharpen(canvas);
  const reach = Math.min(width, height) / 2 - 3;
  const turn = (2 * Math.PI) / skills.length;
  const angleOf = (domain) => domain * turn - Math.PI / 2;
  const lengthOf = (skill) => Math.max(SHORTEST, skill) * reach;
  pen.translate(width / 2, height / 2);
  pen.strokeStyle = "#d5d9de";
  for (const ring of [0.5, 1]) {
    pen.beginPath();
    pen.arc(0, 0, ring * reach, 0, 2 * Math.PI);
    pen.stroke();
  }
  skills.forEach((skill, domain) => {
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.arc(0, 0, lengthOf(skill), angleOf(domain) - PETAL * turn, angleOf(domain) + PETAL * turn);
    pen.closePath();
    pen.fillStyle = getColour(domain);
    pen.fill();
  });
  pen.strokeStyle = FAINT;
  pen.lineWidth = 1.5;
  core.forEach((skill, domain) => {
    pen.beginPath();
    pen.arc(
      0,
      0,
      lengthOf(skill),
      angleOf(domain) - CORE_LINE * turn,
      angleOf(domain) + CORE_LINE * turn,
    );
    pen.stroke();
  });
}

/** Show the rose of an organisation beside the pointer. */
export function showGlyph(organisation, x, y) {
  const box = byId("glyph");
  const { skills, sector } = organisation;
  box.hidden = false;
  drawRose(box.querySelector("canvas"), organisation);
  const strongest = skills.indexOf(Math.max(...skills));
  box.querySelector("p").textContent = t("glyph", {
    n: organisation.organisation + 1,
    sector: translate("sectors", sector),
    field: strongest + 1,
  });
  const left = x + 20 + box.offsetWidth < innerWidth ? x + 20 : x - 20 - box.offsetWidth;
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${Math.max(4, Math.min(y - 60, innerHeight - box.offsetHeight - 4))}px`;
}

/** Hide the rose. */
export function hideGlyph() {
  byId("glyph").hidden = true;
}
