// A published model on the stage: both sides' measures as lines, drawn as if they were played, and controls of the lesson.

import { Chart } from "./chart.js";
import { byId, calm, make } from "./dom.js";
import { number } from "./i18n.js";
import { called } from "./lesson_words.js";

const LASTS = 3000;  // milliseconds in which a run is drawn
const SIDES = ["a", "b"];

export class ClassicStage {
  constructor() {
    this.worlds = { a: { series: [] }, b: { series: [] }, round: 0, frontier: 0, shortest: 10, near: true };
    this.charts = [];
    new ResizeObserver(() => this.draw()).observe(byId("classic"));
  }

  /** Show the charts of a part, empty. */
  open(part) {
    this.part = part;
    this.worlds.shortest = part.rounds;
    this.charts = [part.measure, ...part.also].map((measure) => {
      const chart = new Chart({ name: called("measures", measure) }, part.measures.indexOf(measure), this.worlds);
      chart.element.querySelector("h3").title = called("meanings", measure);
      chart.element.append(make("p", { class: "meaning" }, called("meanings", measure)));
      return chart;
    });
    byId("classic").replaceChildren(...this.charts.map((chart) => chart.element));
    byId("classic").hidden = false;
    this.clear();
  }

  close() {
    byId("classic").hidden = true;
    this.part = null;
  }

  clear() {
    cancelAnimationFrame(this.moving);
    for (const chart of this.charts) chart.bands = null;
    this.upTo({ a: [], b: [] }, 0);
  }

  /** Draw a run as if it were played; `done` is called at its end, when the bands are there too. */
  play(runs, done) {
    this.clear();
    const begun = performance.now();
    const go = (now) => {
      const round = calm() ? runs.rounds : Math.min(runs.rounds, Math.max(0, Math.ceil(runs.rounds * (now - begun) / LASTS)));
      this.upTo(runs.series, round);
      if (round < runs.rounds) { this.moving = requestAnimationFrame(go); return; }
      for (const chart of this.charts) chart.bands = runs;
      this.draw();
      done();
    };
    this.moving = requestAnimationFrame(go);
  }

  upTo(series, round) {
    for (const side of SIDES) this.worlds[side].series = series[side].slice(0, round);
    this.worlds.round = this.worlds.frontier = round;
    this.draw();
  }

  draw() { if (this.part) for (const chart of this.charts) chart.draw(); }
}

/** Return a row per control of a classic, a control per side; `chosen` holds the values and is changed. */
export function classicControls(part, chosen) {
  return Object.entries(part.controls).map(([name, control]) => make("div", { class: "row" }, make("h3", {}, called("controls", name)),
    ...SIDES.map((side) => classicControl(name, control, side, chosen[side], part))));
}

function classicControl(name, control, side, chosen, part) {
  const label = `${called("controls", name)}, ${side.toUpperCase()}`, badge = make("span", { class: `badge ${side}`, "aria-hidden": "true" }, side.toUpperCase());
  const now = chosen[name] ?? part.usual[name];
  if (control.choices.length) {
    const change = (event) => { chosen[name] = event.target.value; };
    const options = control.choices.map((one) => make("option", { value: one, selected: one === now }, called("choices", one)));
    return make("label", { class: "control choice" }, badge, make("select", { "aria-label": label, onchange: change }, ...options));
  }
  const digits = control.step < 1 ? 2 : 0, output = make("output", {}, number(now, digits));
  const slider = make("input", { type: "range", min: control.low, max: control.high, step: control.step, value: now, "aria-label": label });
  slider.dataset.side = side;
  slider.addEventListener("input", () => { chosen[name] = Number(slider.value); output.textContent = number(chosen[name], digits); });
  return make("label", { class: "control" }, badge, slider, output);
}
