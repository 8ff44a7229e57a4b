// A line chart of one measure: both sides on the same axes, bands of many runs behind them, a mark at the round that is shown.

import { make } from "./dom.js";
import { number, named, t } from "./i18n.js";
import { FAINT, PALE, SIDES, sharpen } from "./looks.js";

const SHORTEST = 50, SIDE_NAMES = ["a", "b"];
const MARGIN = { left: 36, right: 20, top: 8, bottom: 18 };  // for letters of the usual size
const AXIS = 12, NAME = 13;  // heights of letters

export class Chart {
  /** `column` is the place of the measure in the series. */
  constructor(measure, column, worlds) {
    Object.assign(this, { measure, column, worlds, bands: null });
    this.values = Object.fromEntries(SIDE_NAMES.map((side) => [side, make("b", { class: side })]));
    this.canvas = make("canvas", { role: "img" });
    const title = make("h3", { title: t(`chart.${measure.name}.meaning`) }, named("charts", measure.name));
    this.element = make("figure", { class: "chart panel" }, make("figcaption", {}, title, make("span", {}, this.values.a, this.values.b)), this.canvas);
  }

  /** Return the series of a side. */
  series(side) { return this.worlds[side].series.map((row) => row[this.column]); }

  draw() {
    const { pen, width, height, letters = 1 } = sharpen(this.canvas);
    this.letters = letters;
    const margin = Object.fromEntries(Object.entries(MARGIN).map(([where, size]) => [where, size * letters]));
    const lines = { a: this.series("a"), b: this.series("b") };
    const rounds = Math.max(this.worlds.shortest ?? SHORTEST, this.worlds.frontier, this.bands?.rounds ?? 0);
    const [low, high, step] = this.range(lines);
    const x = (round) => margin.left + (width - margin.left - margin.right) * round / rounds;
    const y = (value) => height - margin.bottom - (height - margin.top - margin.bottom) * (value - low) / (high - low);
    this.drawAxes(pen, x, y, rounds, low, high, step);
    for (const side of SIDE_NAMES) if (this.bands) this.drawBand(pen, this.bands[side][this.column], x, y, side);
    pen.strokeStyle = FAINT;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x(this.worlds.round), margin.top);
    pen.lineTo(x(this.worlds.round), height - margin.bottom);
    pen.stroke();
    for (const side of ["b", "a"]) this.path(pen, lines[side], x, y, side, 2.2 * letters);
    if (lines.a.length) this.drawNames(pen, lines, x, y, margin.top, height - margin.bottom);
    this.tell(lines);
  }

  range(lines) {
    const all = [...lines.a, ...lines.b, ...(this.bands ? SIDE_NAMES.flatMap((side) => this.bands[side][this.column].flat()) : [])];
    const least = Math.min(...all), near = this.worlds.near && least > Math.max(...all) / 2;  // far from 0, differences would not show
    let low = near ? least : Math.min(0, least), high = Math.max(low + 0.1, ...all);
    const rough = (high - low) / 3, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough);
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
    return [low, high, step];
  }

  drawAxes(pen, x, y, rounds, low, high, step) {
    pen.font = `${AXIS * this.letters}px system-ui, sans-serif`;
    pen.fillStyle = FAINT;
    pen.strokeStyle = PALE;
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (let value = low; value <= high + step / 2; value += step) {
      pen.beginPath();
      pen.moveTo(x(0), y(value));
      pen.lineTo(x(rounds), y(value));
      pen.stroke();
      pen.fillText(number(value, digits), x(0) - 6, y(value));
    }
    pen.textBaseline = "alphabetic";
    for (const round of [0, rounds]) {
      pen.textAlign = round ? "right" : "left";
      pen.fillText(round ? t("chart.rounds", { n: round }) : "0", x(round), y(low) + 15 * this.letters);
    }
  }

  drawBand(pen, [low, mean, high], x, y, side) {
    pen.fillStyle = SIDES[side];
    pen.globalAlpha = 0.16;
    pen.beginPath();
    low.forEach((value, at) => pen.lineTo(x(at + 1), y(value)));
    for (let at = high.length - 1; at >= 0; at--) pen.lineTo(x(at + 1), y(high[at]));
    pen.fill();
    pen.globalAlpha = 0.55;
    this.path(pen, mean, x, y, side, 1);
    pen.globalAlpha = 1;
  }

  /** Name the lines at their ends, never on top of each other nor outside. */
  drawNames(pen, lines, x, y, top, bottom) {
    const tall = NAME * this.letters, lowest = bottom - tall / 2;
    const ends = SIDE_NAMES.map((side) => ({ side, at: y(lines[side].at(-1)) })).sort((one, other) => one.at - other.at);
    const apart = Math.max(0, tall - (ends[1].at - ends[0].at)) / 2;
    const highest = Math.max(top + 3, Math.min(ends[0].at - apart, lowest - tall));
    const tops = [highest, Math.min(lowest, Math.max(highest + tall, ends[1].at + apart))];
    pen.font = `bold ${tall}px system-ui, sans-serif`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    ends.forEach(({ side }, place) => {
      pen.fillStyle = SIDES[side];
      pen.fillText(side.toUpperCase(), x(lines[side].length) + 4, tops[place]);
    });
  }

  path(pen, values, x, y, side, width) {
    pen.strokeStyle = SIDES[side];
    pen.lineWidth = width;
    pen.setLineDash(side === "b" ? [7, 4] : []);
    pen.beginPath();
    values.forEach((value, at) => pen.lineTo(x(at + 1), y(value)));
    pen.stroke();
    pen.setLineDash([]);
  }

  /** Write the values of the round that is shown, also for those who cannot see the lines. */
  tell(lines) {
    const at = this.worlds.round - 1;
    for (const side of SIDE_NAMES) {
      const value = lines[side][at];
      this.values[side].textContent = value === undefined ? "" : `${side.toUpperCase()} ${number(value)}`;
    }
    this.canvas.setAttribute("aria-label", `${named("charts", this.measure.name)}: ${this.values.a.textContent} ${this.values.b.textContent}`);
  }
}
