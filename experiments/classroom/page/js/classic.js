// A published model on the stage: the measures of both sides as lines, drawn as if they were
// played, and its controls.

import { Chart } from "./chart.js";
import { byId, make, prefersLittleMotion } from "./dom.js";
import { formatNumber } from "./i18n.js";
import { translateInLesson } from "./lesson_words.js";
import { forEachSide, formatSide, SIDES } from "./sides.js";

const DRAWING_TIME = 3000; // milliseconds in which a run is drawn

export class ClassicStage {
  constructor() {
    this.worlds = {
      ...forEachSide(() => ({ series: {} })),
      round: 0,
      frontier: 0,
      shortest: 10,
      mayBeginAboveZero: true,
    };
    this.charts = [];
    new ResizeObserver(() => this.draw()).observe(byId("classic"));
  }

  /** Show the charts of a part, empty. */
  open(part) {
    this.part = part;
    this.worlds.shortest = part.rounds;
    this.charts = [part.measure, ...part.also].map((name) => {
      const meaning = translateInLesson("meanings", name);
      const chart = new Chart(
        { name, title: translateInLesson("measures", name), meaning },
        this.worlds,
      );
      chart.element.append(make("p", { class: "meaning" }, meaning));
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
    cancelAnimationFrame(this.animation);
    for (const chart of this.charts) chart.bands = null;
    this.showRounds(
      forEachSide(() => ({})),
      0,
    );
  }

  /** Draw a run as if it were played, then its bands; call `done` at the end. */
  play(runs, done) {
    this.clear();
    const begun = performance.now();
    const drawNext = (now) => {
      const due = Math.ceil((runs.rounds * (now - begun)) / DRAWING_TIME);
      const round = prefersLittleMotion() ? runs.rounds : Math.min(runs.rounds, Math.max(0, due));
      this.showRounds(runs.series, round);
      if (round < runs.rounds) {
        this.animation = requestAnimationFrame(drawNext);
        return;
      }
      for (const chart of this.charts) chart.bands = runs;
      this.draw();
      done();
    };
    this.animation = requestAnimationFrame(drawNext);
  }

  showRounds(series, round) {
    for (const side of SIDES) {
      this.worlds[side].series = Object.fromEntries(
        Object.entries(series[side]).map(([measure, values]) => [measure, values.slice(0, round)]),
      );
    }
    this.worlds.round = this.worlds.frontier = round;
    this.draw();
  }

  draw() {
    if (this.part) for (const chart of this.charts) chart.draw();
  }
}

/** Return a row per control of a classic; `chosen` holds the values and is changed. */
export function makeClassicControls(part, chosen) {
  return Object.entries(part.controls).map(([name, control]) =>
    make(
      "div",
      { class: "row" },
      make("h3", {}, translateInLesson("controls", name)),
      ...SIDES.map((side) => makeClassicControl(name, control, side, chosen[side], part)),
    ),
  );
}

function makeClassicControl(name, control, side, chosen, part) {
  const label = `${translateInLesson("controls", name)}, ${formatSide(side)}`;
  const badge = make("span", { class: `badge ${side}`, "aria-hidden": "true" }, formatSide(side));
  const value = chosen[name] ?? part.defaults[name];
  if (control.choices.length) {
    const change = (event) => {
      chosen[name] = event.target.value;
    };
    const options = control.choices.map((one) =>
      make("option", { value: one, selected: one === value }, translateInLesson("choices", one)),
    );
    return make(
      "label",
      { class: "control choice" },
      badge,
      make("select", { "aria-label": label, onchange: change }, ...options),
    );
  }
  const digits = control.step < 1 ? 2 : 0;
  const output = make("output", {}, formatNumber(value, digits));
  const slider = make("input", {
    type: "range",
    min: control.low,
    max: control.high,
    step: control.step,
    value,
    "aria-label": label,
  });
  slider.dataset.side = side;
  slider.addEventListener("input", () => {
    chosen[name] = Number(slider.value);
    output.textContent = formatNumber(chosen[name], digits);
  });
  return make("label", { class: "control" }, badge, slider, output);
}
