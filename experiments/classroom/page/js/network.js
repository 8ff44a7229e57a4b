// The network of one side: organisations that stay where they are, collaborations that fade in and out with their form visible.

import { calm } from "./dom.js";
import { COLOURS, FAINT, INK, SIDES, fill, sharpen, trace } from "./looks.js";

const APPEARS = 300, VANISHES = 500, FLIES = 550;  // milliseconds
const STAR = 3, MEDIATED = 4, RANDOM = 5;  // topologies as the model numbers them
const MOST_FLYING = 80;
const WIDEST = 1.7;  // how much wider than high the disc of places may become

export class Network {
  constructor(canvas, side, worlds) {
    Object.assign(this, { canvas, side, worlds, by: "strongest", chosen: -1, pointed: -1, peaks: 9 });
    this.drawn = new Map();  // serial: team, since when it appears or vanishes
    this.flying = [];
  }

  /** Take over what changed: new collaborations begin to appear, ended ones to vanish. */
  update(now) {
    const world = this.worlds[this.side];
    const still = calm();
    for (const [serial, team] of world.teams) {
      const held = this.drawn.get(serial);
      if (held && !held.gone) held.team = team;
      else this.drawn.set(serial, { team, since: still ? -Infinity : now, gone: false });
    }
    for (const [serial, held] of this.drawn) {
      if (world.teams.has(serial) || held.gone) continue;
      if (still) this.drawn.delete(serial);
      else Object.assign(held, { gone: true, since: now });
    }
    if (!still) this.flying.push(...world.copies.filter(([, model]) => model >= 0).slice(0, MOST_FLYING).map(([to, from]) => ({ from, to, since: now })));
  }

  /** Forget everything, at a new beginning. */
  clear() { this.drawn.clear(); this.flying = []; this.chosen = -1; }

  /** Where an organisation stands, in CSS pixels. */
  at(i) {
    const [x, y] = this.worlds.places[i];
    return [this.centre[0] + x * this.reach[0], this.centre[1] + y * this.reach[1]];
  }

  /** Draw; return whether something still moves. */
  draw(now) {
    const { pen, width, height } = sharpen(this.canvas);
    const count = this.worlds.places.length;
    this.size = Math.max(2.6, Math.min(10, 0.27 * Math.sqrt(width * height) / Math.sqrt(count + 8)));
    this.centre = [width / 2, height / 2];
    const high = height / 2 - 2 * this.size;
    this.reach = [Math.min(width / 2 - 2 * this.size, WIDEST * high), high];
    this.looked = this.pointed >= 0 ? this.pointed : this.chosen;
    this.lookedIsBusy = [...this.worlds[this.side].teams.values()].some((team) => team.members.includes(this.looked));
    let moves = false;
    for (const [serial, held] of this.drawn) {
      const age = now - held.since;
      const seen = held.gone ? 1 - age / VANISHES : Math.min(1, age / APPEARS);
      if (held.gone && seen <= 0) { this.drawn.delete(serial); continue; }
      moves ||= held.gone || seen < 1;
      this.drawTeam(pen, held.team, seen, this.inFocus(held.team));
    }
    for (let i = 0; i < count; i++) this.drawOrganisation(pen, i);
    this.flying = this.flying.filter((copy) => now - copy.since < FLIES);
    for (const copy of this.flying) this.drawCopy(pen, copy, (now - copy.since) / FLIES);
    for (const i of new Set([this.chosen, this.pointed])) if (i >= 0 && i < count) this.ring(pen, i);
    return moves || this.flying.length > 0;
  }

  /** Whether a team is in the foreground: 1 with the organisation looked at, -1 while a team of another one is, else 0. */
  inFocus(team) {
    if (team.members.includes(this.looked)) return 1;
    return this.lookedIsBusy ? -1 : 0;
  }

  drawTeam(pen, team, seen, focus) {
    const points = team.members.map((i) => this.at(i));
    const form = this.worlds[this.side].forms[team.form];
    const clear = seen * [0.2, 1, 1][focus + 1];
    pen.lineJoin = "round";
    if (focus === 1) this.drawHull(pen, points, clear);
    pen.strokeStyle = SIDES[this.side];
    pen.globalAlpha = (focus === 1 ? 1 : 0.5) * clear;
    pen.lineWidth = focus === 1 ? 2.6 : 1.5;
    if (form.topology === MEDIATED || form.topology === RANDOM) this.drawMiddle(pen, points, form.topology === RANDOM);
    else for (const [a, b] of form.links[points.length] ?? []) this.line(pen, points[a], points[b]);
    if (form.topology === STAR) { pen.globalAlpha = clear; this.drawHub(pen, points[0]); }
    pen.globalAlpha = 1;
  }

  drawHull(pen, points, seen) {
    pen.globalAlpha = 0.12 * seen;
    pen.fillStyle = pen.strokeStyle = SIDES[this.side];
    pen.lineWidth = 3 * this.size;
    pen.beginPath();
    for (const [x, y] of hull(points)) pen.lineTo(x, y);
    pen.closePath();
    pen.fill();
    pen.stroke();
  }

  /** Link everybody with the middle: dotted where links change every round, else through a mediator who stands there. */
  drawMiddle(pen, points, loose) {
    const middle = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    pen.setLineDash(loose ? [1.5, 4.5] : []);
    pen.globalAlpha = Math.min(1, pen.globalAlpha * (loose ? 1.5 : 1));
    for (const point of points) this.line(pen, middle, point);
    pen.setLineDash([]);
    if (loose) return;
    pen.fillStyle = "#fff";
    pen.globalAlpha = Math.min(1, pen.globalAlpha * 1.6);
    trace(pen, 1, ...middle, 0.62 * this.size);
    pen.fill();
    pen.stroke();
  }

  drawHub(pen, [x, y]) {
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, 1.6 * this.size, 0, 2 * Math.PI);
    pen.stroke();
  }

  line(pen, [x, y], [u, v]) { pen.beginPath(); pen.moveTo(x, y); pen.lineTo(u, v); pen.stroke(); }

  drawOrganisation(pen, i) {
    const world = this.worlds[this.side], [x, y] = this.at(i);
    const kind = world[this.by][i], share = this.by === "strongest" ? world.peak[i] / this.peaks : 0.8;
    trace(pen, kind, x, y, this.size);
    pen.fillStyle = fill(kind, share);
    pen.fill();
    pen.lineWidth = 1.3;
    pen.strokeStyle = COLOURS[kind % COLOURS.length];
    pen.stroke();
  }

  drawCopy(pen, copy, part) {
    const [x, y] = this.at(copy.from), [u, v] = this.at(copy.to);
    const eased = part * (2 - part);
    pen.globalAlpha = 1 - part * part;
    pen.fillStyle = COLOURS[this.worlds[this.side].strongest[copy.from] % COLOURS.length];
    pen.beginPath();
    pen.arc(x + (u - x) * eased, y + (v - y) * eased, 0.42 * this.size, 0, 2 * Math.PI);
    pen.fill();
    pen.globalAlpha = 1;
  }

  ring(pen, i) {
    pen.strokeStyle = i === this.chosen ? INK : FAINT;
    pen.lineWidth = 2.4;
    pen.beginPath();
    pen.arc(...this.at(i), 2.1 * this.size, 0, 2 * Math.PI);
    pen.stroke();
  }

  /** Return the organisation nearest to a point of the canvas, or -1. */
  find(x, y) {
    let best = -1, nearest = (2.4 * this.size) ** 2;
    for (let i = 0; i < this.worlds.places.length; i++) {
      const [u, v] = this.at(i), distance = (x - u) ** 2 + (y - v) ** 2;
      if (distance < nearest) { nearest = distance; best = i; }
    }
    return best;
  }

  /** Return the organisation that stands next to `i` in a direction. */
  beside(i, right, down) {
    if (i < 0) return 0;
    const [x, y] = this.at(i);
    let best = i, least = Infinity;
    for (let j = 0; j < this.worlds.places.length; j++) {
      const [u, v] = this.at(j), ahead = (u - x) * right + (v - y) * down, aside = Math.abs((u - x) * down) + Math.abs((v - y) * right);
      if (j !== i && ahead > 1 && ahead + 2 * aside < least) { least = ahead + 2 * aside; best = j; }
    }
    return best;
  }
}

/** Return the convex hull of points (Andrew's monotone chain). */
export function hull(points) {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const turn = (o, p, q) => (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
  const half = (list) => list.reduce((kept, point) => {
    while (kept.length > 1 && turn(kept.at(-2), kept.at(-1), point) <= 0) kept.pop();
    kept.push(point);
    return kept;
  }, []);
  if (sorted.length < 3) return sorted;
  return [...half(sorted).slice(0, -1), ...half(sorted.reverse()).slice(0, -1)];
}
