// The page: brings words, vocabulary, connection, networks, charts and controls together, and paints.

import { scenarioOf, searchOf } from "./address.js";
import { Chart } from "./chart.js";
import { Connection, remember } from "./connection.js";
import { Controls } from "./controls.js";
import { byId, make, throttled } from "./dom.js";
import { hideGlyph, showGlyph } from "./glyph.js";
import { LANGUAGES, language, loadLanguage, t, translatePage } from "./i18n.js";
import { showLegend } from "./legend.js";
import { loadLessonWords } from "./lesson_words.js";
import { Lessons } from "./lessons.js";
import { Network } from "./network.js";
import { Room, noteArrival } from "./room.js";
import { buildSaving } from "./saving.js";
import { showStory } from "./story.js";
import { caption, spoken, summary } from "./telling.js";
import { Transport } from "./transport.js";
import { Worlds } from "./worlds.js";

const SIDE_NAMES = ["a", "b"];
const SPEAK_EVERY = 4000, GLANCE_EVERY = 120;  // milliseconds

class Page {
  constructor(vocabulary, lessons) {
    this.vocabulary = vocabulary;
    this.worlds = new Worlds();
    this.networks = Object.fromEntries(SIDE_NAMES.map((side) => [side, new Network(byId(`network-${side}`), side, this.worlds)]));
    this.charts = vocabulary.charts.map((measure, column) => new Chart(measure, column, this.worlds));
    byId("charts").prepend(...this.charts.map((chart) => chart.element));
    const send = (message) => this.connection.send(message);
    this.controls = new Controls(vocabulary, send);
    this.transport = new Transport(send);
    this.painting = false;
    this.unpainted = null;  // number of the newest frame that is not on the screen
    this.shows = "strongest";
    this.pointer = null;
    this.speak = throttled(() => { byId("live").textContent = spoken(this.worlds, vocabulary.charts); }, SPEAK_EVERY);
    this.lessons = new Lessons(this, lessons);
    this.scenario = this.lessons.asked() ?? scenarioOf(location.search, this.controls.parameters);
    this.room = new Room(this);
    buildSaving(this);
    this.connection = new Connection(() => this.scenario, (message) => this.hear(message), (status) => this.status(status));
    for (const side of SIDE_NAMES) this.point(side);
    this.buttons();
    for (const network of Object.values(this.networks)) network.peaks = vocabulary.peaks;
    new ResizeObserver(() => this.paint(true)).observe(document.querySelector(".stage"));
  }

  buttons() {
    const other = LANGUAGES.find((one) => one !== language);
    Object.assign(byId("language"), { textContent: t("language.other"), lang: other });
    byId("language").addEventListener("click", () => this.speakIn(other));
    byId("copy-link").addEventListener("click", () => this.copyLink());
    byId("show-legend").addEventListener("click", () => this.legend(byId("legend").hidden));
    byId("bands").addEventListener("click", () => this.askBands());
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") { this.closeStory(); this.legend(false); } });
  }

  // --- what the server says ---------------------------------------------------------------------------------------

  hear(message) {
    const hearer = message.kind in Page.prototype ? this : this.room;
    hearer[message.kind]?.(message);
    this.lessons.hear(message);
  }

  scene(message) {
    this.worlds.scene(message);
    for (const network of Object.values(this.networks)) network.clear();
    for (const chart of this.charts) chart.bands = null;
    byId("bands-text").textContent = t("bands.ask");  // runs that were under way are given up
    this.noteBands();
    this.closeStory();
    if (!byId("legend").hidden) this.legend(true);
  }

  frame(message) {
    this.worlds.frame(message);
    const now = performance.now();
    for (const network of Object.values(this.networks)) network.update(now);
    this.unpainted = message.number;
    remember({ round: message.round, frontier: message.frontier });
    this.paint();
  }

  state(message) {
    this.scenario = message.scenario;
    if (message.course) remember({ course: message.course });
    this.controls.show(message);
    this.transport.show(message);
    this.writeAddress();
    this.byPersons = message.by_persons;
    this.noteBands();
    byId("bands").disabled = message.frontier < 10;
    this.speak();
  }

  glance(message) {
    if (this.pointer?.side === message.side && this.pointer.organisation === message.organisation) showGlyph(message, this.pointer.x, this.pointer.y);
  }

  story(message) {
    this.legend(false);
    this.room.open(false);
    showStory(message, () => this.closeStory());
    if (this.focusStory) { byId("story").focus(); this.focusStory = false; }
  }

  bands_progress(message) { byId("bands-text").textContent = t("bands.progress", message); }

  bands(message) {
    byId("bands-text").textContent = t("bands.ask");
    for (const chart of this.charts) chart.bands = message;
    this.noteBands();
    this.paint(true);
  }

  /** Say what the bands are: also that the rules play in everyone's place, where persons decided in the run beside them. */
  noteBands() {
    const { bands } = this.charts[0];
    byId("bands-note").hidden = bands === null;
    if (bands) byId("bands-note").textContent = t(this.byPersons ? "bands.note.persons" : "bands.note", { n: bands.runs });
  }

  refused(message) { this.say(message.sentence); }

  // --- what the page does -----------------------------------------------------------------------------------------

  /** Paint with the next picture of the screen; what changes with a round alone only when there is a new one, or `rest` asks for it. */
  paint(rest = false) {
    this.stale ||= rest;
    if (this.painting) return;
    this.painting = true;
    requestAnimationFrame((now) => {
      this.painting = false;
      if (!this.worlds.b.strongest.length) return;  // between a new scene and its first frame there is nobody to paint
      const moving = SIDE_NAMES.map((side) => this.networks[side].draw(now));
      if (this.unpainted !== null || this.stale) this.paintRest();
      if (moving.some(Boolean)) this.paint();
    });
  }

  /** Paint what changes with a round alone. */
  paintRest() {
    for (const chart of this.charts) chart.draw();
    for (const side of SIDE_NAMES) {
      const world = this.worlds[side];
      byId(`summary-${side}`).textContent = summary(world, this.worlds.places.length);
      byId(`caption-${side}`).textContent = caption(world);
      byId(`network-${side}`).setAttribute("aria-label", t("network.label", { side: side.toUpperCase() }));
    }
    this.transport.at(this.worlds.round, this.worlds.frontier);
    document.body.dataset.round = this.worlds.round;
    if (this.unpainted !== null) this.connection.send({ kind: "painted", number: this.unpainted });
    this.unpainted = null;
    this.stale = false;
  }

  writeAddress() {
    const search = searchOf(this.scenario, language);
    history.replaceState(null, "", search);
    remember({ search });
  }

  status(status) {
    document.body.dataset.status = status;
    this.say(status === "open" ? "" : t(`status.${status}`));
    if (status === "refused") this.askCode();
  }

  /** Say a sentence beside the title, for a while or until the next one. */
  say(sentence, stays = false) {
    byId("status").textContent = sentence;
    clearTimeout(this.silence);
    if (sentence && !stays && document.body.dataset.status === "open") this.silence = setTimeout(() => { byId("status").textContent = ""; }, 8000);
  }

  /** Ask for the code of the class, when the server wants one. */
  askCode() {
    const input = make("input", { "aria-label": t("code"), maxLength: 16, autocomplete: "off" });
    const form = make("form", { onsubmit: (event) => { event.preventDefault(); remember({ code: input.value.trim() }); location.reload(); } },
      make("label", {}, `${t("code")} `, input), make("button", {}, t("code.join")));
    byId("status").append(form);
    input.focus();
  }

  speakIn(other) {
    localStorage.setItem("language", other);
    const search = searchOf(this.scenario, other);
    remember({ search });
    location.search = search;
  }

  async copyLink() {
    try { await navigator.clipboard.writeText(location.href); this.say(t("link.copied")); } catch { this.say(location.href); }
  }

  legend(open) {
    byId("show-legend").setAttribute("aria-expanded", String(open));
    if (!open) { byId("legend").hidden = true; return; }
    this.closeStory();
    this.room.open(false);
    showLegend(this.worlds, this.shows, (by) => this.show(by), () => this.legend(false));
  }

  show(by) {
    this.shows = by;
    for (const network of Object.values(this.networks)) network.by = by;
    this.legend(true);
    byId("shows").focus();
    this.paint();
  }

  askBands() {
    byId("bands-text").textContent = t("bands.begin");
    this.connection.send({ kind: "bands", rounds: Math.max(10, this.worlds.frontier) });
  }

  closeStory() {
    if (byId("story").hidden) return;
    const inside = byId("story").contains(document.activeElement);
    byId("story").hidden = true;
    for (const side of SIDE_NAMES) {
      if (inside && this.networks[side].chosen >= 0) byId(`network-${side}`).focus();
      this.networks[side].chosen = -1;
    }
    this.paint();
  }

  /** Let pointer and keys look at organisations of a side. */
  point(side) {
    const canvas = byId(`network-${side}`), network = this.networks[side];
    const glance = throttled((organisation) => this.connection.send({ kind: "glance", side, organisation }), GLANCE_EVERY);
    const move = (event) => {
      const box = canvas.getBoundingClientRect(), found = network.find(event.clientX - box.left, event.clientY - box.top);
      if (found === network.pointed) return;
      this.look(side, found, event.clientX, event.clientY, glance);
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerleave", () => this.look(side, -1));
    canvas.addEventListener("blur", () => this.look(side, -1));
    canvas.addEventListener("click", (event) => { move(event); this.choose(side, network.pointed); });
    canvas.addEventListener("keydown", (event) => this.walk(event, side, glance));
  }

  look(side, organisation, x, y, glance) {
    this.networks[side].pointed = organisation;
    this.pointer = organisation < 0 ? null : { side, organisation, x, y };
    if (organisation < 0) hideGlyph();
    else glance(organisation);
    this.paint();
  }

  choose(side, organisation, focus = false) {
    if (organisation < 0) return this.closeStory();
    for (const one of SIDE_NAMES) this.networks[one].chosen = organisation;
    this.focusStory = focus;
    this.connection.send({ kind: "look", side, organisation });
    this.paint();
  }

  walk(event, side, glance) {
    const directions = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }, network = this.networks[side];
    if (event.key === "Enter" && network.pointed >= 0) { this.choose(side, network.pointed, true); event.preventDefault(); }
    if (!(event.key in directions) || !this.worlds.places.length) return;
    event.preventDefault();
    const next = network.beside(network.pointed, ...directions[event.key]), box = byId(`network-${side}`).getBoundingClientRect(), [x, y] = network.at(next);
    this.look(side, next, box.left + x, box.top + y, glance);
  }
}

const fetched = async (file) => (await fetch(file)).json();
noteArrival();
await loadLanguage();
await loadLessonWords(language);
translatePage();
globalThis.page = new Page(await fetched("vocabulary.json"), await fetched("lessons.json"));
