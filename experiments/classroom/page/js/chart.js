// A line chart of one measure: both sides on the same axes, with bands of many runs behind them
// and a mark at the round that is shown.

import { make } from "./dom.js";
import { formatNumber, t } from "./i18n.js";
import { FAINT, PALE, sharpen, SIDE_COLOURS } from "./looks.js";
import { forEachSide, formatSide, SIDES } from "./sides.js";

const SHORTEST = 50; // rounds
const MARGIN = { left: 36, right: 20, top: 8, bottom: 18 }; // for letters of the usual size
const AXIS = 12; // height of letters
const NAME = 13; // height of letters
const DASHES = { a: [], b: [7, 4] };

export class Chart {
  /**
   * @param {object} measure its `name` in the series, its `title` and its `meaning`
   * @param {object} worlds what is drawn: `a` and `b` with their series, `round`, `frontier`, and
   *   perhaps `shortest`
   */
  constructor({ name, title, meaning }, worlds) {
    Object.assign(this, { measure: name, title, worlds, bands: null });
    this.values = forEachSide((side) => make("b", { class: side }));
    this.canvas = make("canvas", { role: "img" });
    const caption = make(
      "figcaption",
      {},
      make("h3", { title: meaning }, title),
      make("span", {}, this.values.a, this.values.b),
    );
    this.element = make("figure", { class: "chart panel" }, caption, this.canvas);
  }

  /** Return the values of a side, from round 1. */
  getSeries(side) {
    return this.worlds[side].series[this.measure] ?? [];
  }

  draw() {
    const { pen, width, height, letterScale = 1 } = sharpen(this.canvas);
    this.letterScale = letterScale;
    const margin = Object.fromEntries(
      Object.entries(MARGIN).map(([edge, size]) => [edge, size * letterScale]),
    );
    const lines = forEachSide((side) => this.getSeries(side));
    const rounds = Math.max(
      this.worlds.shortest ?? SHORTEST,
      this.worlds.frontier,
      this.bands?.rounds ?? 0,
    );
    const axis = this.chooseAxis(lines);
    const span = axis.high - axis.low;
    const x = (round) => margin.left + ((width - margin.left - margin.right) * round) / rounds;
    const y = (value) =>
      height - margin.bottom - ((height - margin.top - margin.bottom) * (value - axis.low)) / span;
    this.drawAxes(pen, x, y, rounds, axis);
    if (this.bands)
      for (const side of SIDES) this.drawBand(pen, this.bands[side][this.measure], x, y, side);
    this.drawMark(pen, x(this.worlds.round), margin.top, height - margin.bottom);
    for (const side of ["b", "a"]) this.drawLine(pen, lines[side], x, y, side, 2.2 * letterScale);
    if (lines.a.length) this.drawNames(pen, lines, x, y, margin.top, height - margin.bottom);
    this.writeValues(lines);
  }

  /** Return the ends and the step of the axis; it begins at 0 unless differences would not show. */
  chooseAxis(lines) {
    const curves = this.bands
      ? SIDES.flatMap((side) => Object.values(this.bands[side][this.measure]))
      : [];
    const all = [...lines.a, ...lines.b, ...curves.flat()];
    const least = Math.min(...all);
    const farFromZero = this.worlds.mayBeginAboveZero && least > Math.max(...all) / 2;
    const low = farFromZero ? least : Math.min(0, least);
    const high = Math.max(low + 0.1, ...all);
    const rough = (high - low) / 3;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough);
    return {
      low: Math.floor(low / step + 1e-9) * step,
      high: Math.ceil(high / step - 1e-9) * step,
      step,
    };
  }

  drawAxes(pen, x, y, rounds, { low, high, step }) {
    pen.font = `${AXIS * this.letterScale}px system-ui, sans-serif`;
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
      pen.fillText(formatNumber(value, digits), x(0) - 6, y(value));
    }
    pen.textBaseline = "alphabetic";
    for (const round of [0, rounds]) {
      pen.textAlign = round ? "right" : "left";
      pen.fillText(
        round ? t("chart.rounds", { n: round }) : "0",
        x(round),
        y(low) + 15 * this.letterScale,
      );
    }
  }

  drawMark(pen, x, top, bottom) {
    pen.strokeStyle = FAINT;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, bottom);
    pen.stroke();
  }

  drawBand(pen, { low, mean, high }, x, y, side) {
    pen.fillStyle = SIDE_COLOURS[side];
    pen.globalAlpha = 0.16;
    pen.beginPath();
    low.forEach((value, at) => pen.lineTo(x(at + 1), y(value)));
    for (let at = high.length - 1; at >= 0; at--) pen.lineTo(x(at + 1), y(high[at]));
    pen.fill();
    pen.globalAlpha = 0.55;
    this.drawLine(pen, mean, x, y, side, 1);
    pen.globalAlpha = 1;
  }

  drawLine(pen, values, x, y, side, width) {
    pen.strokeStyle = SIDE_COLOURS[side];
    pen.lineWidth = width;
    pen.setLineDash(DASHES[side]);
    pen.beginPath();
    values.forEach((value, at) => pen.lineTo(x(at + 1), y(value)));
    pen.stroke();
    pen.setLineDash([]);
  }

  /** Write the names of the sides at the ends of their lines, apart and inside. */
  drawNames(pen, lines, x, y, top, bottom) {
    const tall = NAME * this.letterScale;
    const lowest = bottom - tall / 2;
    const ends = SIDES.map((side) => ({ side, at: y(lines[side].at(-1)) })).sort(
      (one, other) => one.at - other.at,
    );
    const apart = Math.max(0, tall - (ends[1].at - ends[0].at)) / 2;
    const highest = Math.max(top + 3, Math.min(ends[0].at - apart, lowest - tall));
    const tops = [highest, Math.min(lowest, Math.max(highest + tall, ends[1].at + apart))];
    pen.font = `bold ${tall}px system-ui, sans-serif`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    ends.forEach(({ side }, place) => {
      pen.fillStyle = SIDE_COLOURS[side];
      pen.fillText(formatSide(side), x(lines[side].length) + 4, tops[place]);
    });
  }

  /** Write the values of the round that is shown, also for those who cannot see the lines. */
  writeValues(lines) {
    for (const side of SIDES) {
      const value = lines[side][this.worlds.round - 1];
      this.values[side].textContent =
        value === undefined ? "" : `${formatSide(side)} ${formatNumber(value)}`;
    }
    this.canvas.setAttribute(
      "aria-label",
      `${this.title}: ${this.values.a.textContent} ${this.values.b.textContent}`,
    );
  }
}
