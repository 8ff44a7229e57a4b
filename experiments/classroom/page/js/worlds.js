// What the page holds of both sides: updated by scenes and frames, read by everything that draws.

import { SIDES } from "./sides.js";

/** One side: organisations by number, collaborations by serial, and measures by name. */
class World {
  constructor(forms = {}) {
    Object.assign(this, {
      forms,
      strongest: [],
      peak: [],
      sector: [],
      teams: new Map(),
      series: {},
    });
    this.clearEvents();
  }

  clearEvents() {
    Object.assign(this, {
      hasEvents: false,
      copies: [],
      copied: 0,
      entered: 0,
      ended: {},
      renewed: [],
      started: 0,
    });
  }

  apply({ organisations, teams, gone, ...events }) {
    organisations.number.forEach((i, at) => {
      for (const property of ["strongest", "peak", "sector"])
        this[property][i] = organisations[property][at];
    });
    for (const serial of gone) this.teams.delete(serial);
    this.clearEvents();
    Object.assign(this, events, { hasEvents: "ended" in events });
    for (const [key, team] of Object.entries(teams)) {
      const serial = Number(key);
      if (!this.teams.has(serial)) this.started += 1;
      this.teams.set(serial, team);
    }
  }

  /** Replace the series from a round on. */
  extendSeries(from, series) {
    for (const [measure, values] of Object.entries(series)) {
      const known = (this.series[measure] ??= []);
      known.length = Math.min(known.length, from);
      known.push(...values);
    }
  }

  /** Return how many organisations work together. */
  countWorking() {
    return new Set([...this.teams.values()].flatMap((team) => team.members)).size;
  }
}

export class Worlds {
  constructor() {
    this.begin({ places: [], sectors: [], domains: 0, forms: {} });
  }

  /** Begin with the organisations and forms of a scene. */
  begin({ places, sectors, domains, forms }) {
    Object.assign(this, { places, sectors, domains, round: 0, frontier: 0 });
    for (const side of SIDES) this[side] = new World(forms[side]);
  }

  /** Show another round. */
  apply(frame) {
    this.round = frame.round;
    this.frontier = frame.frontier;
    for (const side of SIDES) {
      this[side].apply(frame[side]);
      if (frame.series) this[side].extendSeries(frame.series.from, frame.series[side]);
    }
  }
}
