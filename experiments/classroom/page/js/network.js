// The network of one side: organisations in fixed places, and collaborations that fade in and out.

import { prefersLittleMotion } from "./dom.js";
import {
  getColour,
  DIAMOND,
  fadeColour,
  FAINT,
  INK,
  getShape,
  sharpen,
  SIDE_COLOURS,
  traceShape,
} from "./looks.js";

const APPEARING = 300; // milliseconds
const VANISHING = 500; // milliseconds
const FLIGHT = 550; // milliseconds
const MOST_FLYING = 80;
const WIDEST = 1.7; // how much wider than high the disc of places may become
const SECTOR_SHARE = 0.8; // strength of the colour of a sector
const STYLES = {
  // of a team: in front when an organisation of it is looked at, behind when another team is
  front: { opacity: 1, lines: 1, width: 2.6 },
  usual: { opacity: 1, lines: 0.5, width: 1.5 },
  behind: { opacity: 0.2, lines: 0.5, width: 1.5 },
};

export class Network {
  /**
   * @param {HTMLCanvasElement} canvas where it is drawn
   * @param {string} side a or b
   * @param {object} worlds both sides, with the places of organisations
   * @param {number} peakSteps the largest value of `peak`
   */
  constructor(canvas, side, worlds, peakSteps) {
    Object.assign(this, {
      canvas,
      side,
      worlds,
      peakSteps,
      colours: "strongest",
      chosen: -1,
      pointed: -1,
    });
    this.drawn = new Map(); // by serial: team, whether it has gone, and since when
    this.flying = []; // copies
  }

  get world() {
    return this.worlds[this.side];
  }

  /** Take over what changed: new collaborations begin to appear, ended ones to vanish. */
  update(now) {
    const still = prefersLittleMotion();
    for (const [serial, team] of this.world.teams) {
      const known = this.drawn.get(serial);
      if (known && !known.gone) known.team = team;
      else this.drawn.set(serial, { team, since: still ? -Infinity : now, gone: false });
    }
    for (const [serial, known] of this.drawn) {
      if (this.world.teams.has(serial) || known.gone) continue;
      if (still) this.drawn.delete(serial);
      else Object.assign(known, { gone: true, since: now });
    }
    if (still) return;
    const copies = this.world.copies.filter(({ model }) => model !== null).slice(0, MOST_FLYING);
    this.flying.push(
      ...copies.map(({ copier, model }) => ({ from: model, to: copier, since: now })),
    );
  }

  /** Forget everything, at a new beginning. */
  clear() {
    this.drawn.clear();
    this.flying = [];
    this.chosen = -1;
  }

  /** Return the place of an organisation, in CSS pixels. */
  getPlace(i) {
    const [x, y] = this.worlds.places[i];
    return [this.centre[0] + x * this.reach[0], this.centre[1] + y * this.reach[1]];
  }

  /** Draw; return whether something still moves. */
  draw(now) {
    const { pen, width, height } = sharpen(this.canvas);
    const count = this.worlds.places.length;
    this.size = Math.max(
      2.6,
      Math.min(10, (0.27 * Math.sqrt(width * height)) / Math.sqrt(count + 8)),
    );
    this.centre = [width / 2, height / 2];
    const high = height / 2 - 2 * this.size;
    this.reach = [Math.min(width / 2 - 2 * this.size, WIDEST * high), high];
    this.looked = this.pointed >= 0 ? this.pointed : this.chosen;
    this.lookedIsBusy = [...this.world.teams.values()].some((team) =>
      team.members.includes(this.looked),
    );
    let moves = false;
    for (const [serial, { team, gone, since }] of this.drawn) {
      const age = now - since;
      const opacity = gone ? 1 - age / VANISHING : Math.min(1, age / APPEARING);
      if (gone && opacity <= 0) {
        this.drawn.delete(serial);
        continue;
      }
      moves ||= gone || opacity < 1;
      this.drawTeam(pen, team, opacity, this.chooseStyle(team));
    }
    for (let i = 0; i < count; i++) this.drawOrganisation(pen, i);
    this.flying = this.flying.filter((copy) => now - copy.since < FLIGHT);
    for (const copy of this.flying) this.drawCopy(pen, copy, (now - copy.since) / FLIGHT);
    for (const i of new Set([this.chosen, this.pointed]))
      if (i >= 0 && i < count) this.drawRing(pen, i);
    return moves || this.flying.length > 0;
  }

  chooseStyle(team) {
    if (team.members.includes(this.looked)) return "front";
    return this.lookedIsBusy ? "behind" : "usual";
  }

  drawTeam(pen, team, opacity, styleName) {
    const points = team.members.map((i) => this.getPlace(i));
    const style = STYLES[styleName];
    const { topology, links } = this.world.forms[team.form];
    const clear = opacity * style.opacity;
    pen.lineJoin = "round";
    if (styleName === "front") this.drawHull(pen, points, clear);
    pen.strokeStyle = SIDE_COLOURS[this.side];
    pen.globalAlpha = style.lines * clear;
    pen.lineWidth = style.width;
    if (topology === "mediated") this.drawMediator(pen, points);
    else if (topology === "random") this.drawLooseLinks(pen, points);
    else for (const [i, j] of links[points.length] ?? []) this.drawLink(pen, points[i], points[j]);
    if (topology === "star") {
      pen.globalAlpha = clear;
      this.drawHub(pen, points[0]);
    }
    pen.globalAlpha = 1;
  }

  drawHull(pen, points, opacity) {
    pen.globalAlpha = 0.12 * opacity;
    pen.fillStyle = pen.strokeStyle = SIDE_COLOURS[this.side];
    pen.lineWidth = 3 * this.size;
    pen.beginPath();
    for (const [x, y] of findHull(points)) pen.lineTo(x, y);
    pen.closePath();
    pen.fill();
    pen.stroke();
  }

  /** Draw dotted links to the middle: these links change every round. */
  drawLooseLinks(pen, points) {
    pen.setLineDash([1.5, 4.5]);
    pen.globalAlpha = Math.min(1, pen.globalAlpha * 1.5);
    for (const point of points) this.drawLink(pen, findMiddle(points), point);
    pen.setLineDash([]);
  }

  /** Draw a mediator in the middle, and everybody's link to it. */
  drawMediator(pen, points) {
    const middle = findMiddle(points);
    for (const point of points) this.drawLink(pen, middle, point);
    pen.fillStyle = "#fff";
    pen.globalAlpha = Math.min(1, pen.globalAlpha * 1.6);
    traceShape(pen, DIAMOND, ...middle, 0.62 * this.size);
    pen.fill();
    pen.stroke();
  }

  drawHub(pen, [x, y]) {
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, 1.6 * this.size, 0, 2 * Math.PI);
    pen.stroke();
  }

  drawLink(pen, [x, y], [u, v]) {
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(u, v);
    pen.stroke();
  }

  drawOrganisation(pen, i) {
    const [x, y] = this.getPlace(i);
    const kind = this.world[this.colours][i];
    traceShape(pen, getShape(kind), x, y, this.size);
    pen.fillStyle = fadeColour(
      kind,
      this.colours === "strongest" ? this.world.peak[i] / this.peakSteps : SECTOR_SHARE,
    );
    pen.fill();
    pen.lineWidth = 1.3;
    pen.strokeStyle = getColour(kind);
    pen.stroke();
  }

  drawCopy(pen, { from, to }, part) {
    const [x, y] = this.getPlace(from);
    const [u, v] = this.getPlace(to);
    const eased = part * (2 - part);
    pen.globalAlpha = 1 - part * part;
    pen.fillStyle = getColour(this.world.strongest[from]);
    pen.beginPath();
    pen.arc(x + (u - x) * eased, y + (v - y) * eased, 0.42 * this.size, 0, 2 * Math.PI);
    pen.fill();
    pen.globalAlpha = 1;
  }

  drawRing(pen, i) {
    pen.strokeStyle = i === this.chosen ? INK : FAINT;
    pen.lineWidth = 2.4;
    pen.beginPath();
    pen.arc(...this.getPlace(i), 2.1 * this.size, 0, 2 * Math.PI);
    pen.stroke();
  }

  /** Return the organisation nearest to a point of the canvas, or -1. */
  findNearest(x, y) {
    let best = -1;
    let nearest = (2.4 * this.size) ** 2;
    for (let i = 0; i < this.worlds.places.length; i++) {
      const [u, v] = this.getPlace(i);
      const distance = (x - u) ** 2 + (y - v) ** 2;
      if (distance < nearest) {
        nearest = distance;
        best = i;
      }
    }
    return best;
  }

  /** Return the organisation next to `i` in a direction. */
  findNeighbour(i, right, down) {
    if (i < 0) return 0;
    const [x, y] = this.getPlace(i);
    let best = i;
    let least = Infinity;
    for (let j = 0; j < this.worlds.places.length; j++) {
      const [u, v] = this.getPlace(j);
      const ahead = (u - x) * right + (v - y) * down;
      const aside = Math.abs((u - x) * down) + Math.abs((v - y) * right);
      if (j !== i && ahead > 1 && ahead + 2 * aside < least) {
        least = ahead + 2 * aside;
        best = j;
      }
    }
    return best;
  }
}

const findMiddle = (points) =>
  [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);

/** Return the convex hull of points (Andrew's monotone chain). */
function findHull(points) {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const turn = (o, p, q) => (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
  const walkHalf = (list) =>
    list.reduce((chain, point) => {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
      chain.push(point);
      return chain;
    }, []);
  if (sorted.length < 3) return sorted;
  return [...walkHalf(sorted).slice(0, -1), ...walkHalf(sorted.reverse()).slice(0, -1)];
}
