// What the page holds of both sides: brought up to date by scenes and frames, read by everything that draws.

/** One side: organisations by number, collaborations by serial, and the series of its charts. */
class World {
  constructor() {
    this.strongest = [];
    this.peak = [];
    this.sector = [];
    this.teams = new Map();
    this.series = [];
    this.forms = [];
    this.copies = [];
    this.copied = 0;
    this.ended = {};
    this.renewed = [];
    this.started = 0;
  }

  apply(change) {
    for (const [i, strongest, peak, sector] of change.organisations) {
      this.strongest[i] = strongest;
      this.peak[i] = peak;
      this.sector[i] = sector;
    }
    for (const serial of change.gone) this.teams.delete(serial);
    this.started = 0;
    for (const [key, team] of Object.entries(change.teams)) {
      const serial = Number(key);
      if (!this.teams.has(serial)) this.started += 1;
      this.teams.set(serial, { form: team[0], members: team.slice(1) });
    }
    this.copies = change.copies ?? [];
    this.copied = change.copied ?? 0;
    this.entered = change.entered ?? 0;
    this.ended = change.ended ?? {};
    this.renewed = change.renewed ?? [];
    this.happened = change.ended !== undefined;
  }

  /** Return how many organisations work together. */
  working() {
    const busy = new Set();
    for (const team of this.teams.values()) for (const i of team.members) busy.add(i);
    return busy.size;
  }
}

export class Worlds {
  constructor() {
    this.a = new World();
    this.b = new World();
    this.places = [];
    this.sectors = [];
    this.domains = 0;
    this.round = 0;
    this.frontier = 0;
  }

  /** Begin anew with who there is. */
  scene(message) {
    this.a = new World();
    this.b = new World();
    Object.assign(this, { places: message.places, sectors: message.sectors, domains: message.domains, round: 0, frontier: 0 });
    this.a.forms = message.forms.a;
    this.b.forms = message.forms.b;
  }

  /** Show another round. */
  frame(message) {
    this.round = message.round;
    this.frontier = message.frontier;
    for (const side of ["a", "b"]) {
      this[side].apply(message[side]);
      if (message.series) {
        this[side].series.length = Math.min(this[side].series.length, message.series.from);
        this[side].series.push(...message.series[side]);
      }
    }
  }
}
