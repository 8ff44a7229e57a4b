// The page: connects words, vocabulary, networks, charts and controls, and paints.

import { readScenario, writeSearch } from "./address.js";
import { Chart } from "./chart.js";
import { Connection, remember } from "./connection.js";
import { Controls } from "./controls.js";
import { byId, make, throttle } from "./dom.js";
import { hideGlyph, showGlyph } from "./glyph.js";
import { LANGUAGES, language, loadLanguage, t, translate, translatePage } from "./i18n.js";
import { showLegend } from "./legend.js";
import { loadLessonWords } from "./lesson_words.js";
import { Lessons } from "./lessons.js";
import { Network } from "./network.js";
import { noteArrival, Room } from "./room.js";
import { buildSaving } from "./saving.js";
import { forEachSide, formatSide, SIDES } from "./sides.js";
import { showStory } from "./story.js";
import { writeCaption, writeSpokenSummary, writeSummary } from "./summaries.js";
import { Transport } from "./transport.js";
import { Worlds } from "./worlds.js";

const SPEAK_EVERY = 4000; // milliseconds
const GLANCE_EVERY = 120; // milliseconds
const NOTICE_TIME = 8000; // milliseconds
const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

class Page {
  constructor(vocabulary, lessons) {
    this.vocabulary = vocabulary;
    this.worlds = new Worlds();
    this.networks = forEachSide(
      (side) => new Network(byId(`network-${side}`), side, this.worlds, vocabulary.peak_steps),
    );
    this.charts = vocabulary.charts.map(
      ({ name }) =>
        new Chart(
          { name, title: translate("charts", name), meaning: t(`chart.${name}.meaning`) },
          this.worlds,
        ),
    );
    byId("charts").prepend(...this.charts.map((chart) => chart.element));
    const send = (message) => this.connection.send(message);
    this.controls = new Controls(vocabulary, send);
    this.transport = new Transport(vocabulary.speeds, send);
    this.painting = false;
    this.unpainted = null; // number of the newest frame that is not on the screen
    this.colours = "strongest";
    this.pointer = null;
    this.speak = throttle(() => {
      byId("live").textContent = writeSpokenSummary(this.worlds, vocabulary.charts);
    }, SPEAK_EVERY);
    this.lessons = new Lessons(this, lessons);
    this.scenario =
      this.lessons.findScenario() ??
      readScenario(location.search, this.controls.parameters, vocabulary.default_structure);
    this.room = new Room(this);
    buildSaving(this);
    this.handlers = this.makeHandlers();
    this.connection = new Connection(
      vocabulary.protocol,
      () => this.scenario,
      (message) => this.receive(message),
      (status) => this.showStatus(status),
    );
    for (const side of SIDES) this.listenToNetwork(side);
    this.listenToButtons();
    new ResizeObserver(() => this.paint(true)).observe(document.querySelector(".stage"));
  }

  listenToButtons() {
    const other = LANGUAGES.find((one) => one !== language);
    Object.assign(byId("language"), { textContent: t("language.other"), lang: other });
    byId("language").addEventListener("click", () => this.changeLanguage(other));
    byId("copy-link").addEventListener("click", () => this.copyLink());
    byId("show-legend").addEventListener("click", () => this.openLegend(byId("legend").hidden));
    byId("bands").addEventListener("click", () => this.askBands());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.closeStory();
        this.openLegend(false);
      }
    });
  }

  // --- messages of the server ---

  makeHandlers() {
    return {
      scene: (message) => this.handleScene(message),
      frame: (message) => this.handleFrame(message),
      state: (message) => this.handleState(message),
      glance: (message) => this.handleGlance(message),
      story: (message) => this.handleStory(message),
      bands_progress: (message) => this.showBandsButton(t("bands.progress", message)),
      bands: (message) => this.handleBands(message),
      refused: (message) => this.notify(message.sentence),
      ...this.room.makeHandlers(),
    };
  }

  receive(message) {
    this.handlers[message.kind]?.(message);
    this.lessons.receive(message);
  }

  handleScene(message) {
    this.worlds.begin(message);
    for (const network of Object.values(this.networks)) network.clear();
    for (const chart of this.charts) chart.bands = null;
    // The server cancels runs under way.
    this.showBandsButton(t("bands.ask", { n: this.vocabulary.band_runs }));
    this.explainBands();
    this.closeStory();
    if (!byId("legend").hidden) this.openLegend(true);
  }

  handleFrame(message) {
    this.worlds.apply(message);
    const now = performance.now();
    for (const network of Object.values(this.networks)) network.update(now);
    this.unpainted = message.number;
    remember({ round: message.round, frontier: message.frontier });
    this.paint();
  }

  handleState(message) {
    this.scenario = message.scenario;
    if (message.history) remember({ history: message.history });
    this.controls.show(message);
    this.transport.show(message);
    this.writeAddress();
    this.hasDecisions = message.has_decisions;
    this.explainBands();
    byId("bands").disabled = message.frontier < this.vocabulary.fewest_band_rounds;
    this.speak();
  }

  handleGlance(message) {
    if (this.pointer?.side === message.side && this.pointer.organisation === message.organisation)
      showGlyph(message, this.pointer.x, this.pointer.y);
  }

  handleStory(message) {
    this.openLegend(false);
    this.room.open(false);
    showStory(message, () => this.closeStory());
    if (this.focusStory) {
      byId("story").focus();
      this.focusStory = false;
    }
  }

  handleBands(message) {
    this.showBandsButton(t("bands.ask", { n: this.vocabulary.band_runs }));
    for (const chart of this.charts) chart.bands = message;
    this.explainBands();
    this.paint(true);
  }

  // --- what the page does ---

  /** Paint with the next frame of the screen; `all` also paints charts and texts. */
  paint(all = false) {
    this.stale ||= all;
    if (this.painting) return;
    this.painting = true;
    requestAnimationFrame((now) => {
      this.painting = false;
      if (!this.worlds.b.strongest.length) return; // between a new scene and its first frame
      const moving = SIDES.map((side) => this.networks[side].draw(now));
      if (this.unpainted !== null || this.stale) this.paintRound();
      if (moving.some(Boolean)) this.paint();
    });
  }

  /** Paint what changes with a round. */
  paintRound() {
    for (const chart of this.charts) chart.draw();
    for (const side of SIDES) {
      byId(`summary-${side}`).textContent = writeSummary(
        this.worlds[side],
        this.worlds.places.length,
      );
      byId(`caption-${side}`).textContent = writeCaption(this.worlds[side]);
      byId(`network-${side}`).setAttribute(
        "aria-label",
        t("network.label", { side: formatSide(side) }),
      );
    }
    this.transport.showRound(this.worlds.round, this.worlds.frontier);
    document.body.dataset.round = this.worlds.round;
    if (this.unpainted !== null) this.connection.send({ kind: "painted", number: this.unpainted });
    this.unpainted = null;
    this.stale = false;
  }

  writeAddress() {
    const search = writeSearch(this.scenario, language);
    history.replaceState(null, "", search);
    remember({ search });
  }

  showStatus(status) {
    document.body.dataset.status = status;
    this.notify(status === "open" ? "" : t(`status.${status}`));
    if (status === "refused") this.askCode();
  }

  /** Show a sentence beside the title, for a while or until the next one. */
  notify(sentence, stays = false) {
    byId("status").textContent = sentence;
    clearTimeout(this.noticeTimer);
    if (!sentence || stays || document.body.dataset.status !== "open") return;
    this.noticeTimer = setTimeout(() => {
      byId("status").textContent = "";
    }, NOTICE_TIME);
  }

  /** Ask for the code of the class, when the server wants one. */
  askCode() {
    const input = make("input", {
      "aria-label": t("code"),
      maxLength: this.vocabulary.longest_code,
      autocomplete: "off",
    });
    const join = (event) => {
      event.preventDefault();
      remember({ code: input.value.trim() });
      location.reload();
    };
    byId("status").append(
      make(
        "form",
        { onsubmit: join },
        make("label", {}, `${t("code")} `, input),
        make("button", {}, t("code.join")),
      ),
    );
    input.focus();
  }

  changeLanguage(other) {
    localStorage.setItem("language", other);
    const search = writeSearch(this.scenario, other);
    remember({ search });
    location.search = search;
  }

  async copyLink() {
    try {
      await navigator.clipboard.writeText(location.href);
      this.notify(t("link.copied"));
    } catch {
      this.notify(location.href);
    }
  }

  openLegend(open) {
    byId("show-legend").setAttribute("aria-expanded", String(open));
    if (!open) {
      byId("legend").hidden = true;
      return;
    }
    this.closeStory();
    this.room.open(false);
    showLegend(
      this.worlds,
      this.vocabulary.topologies,
      this.colours,
      (colours) => this.chooseColours(colours),
      () => this.openLegend(false),
    );
  }

  chooseColours(colours) {
    this.colours = colours;
    for (const network of Object.values(this.networks)) network.colours = colours;
    this.openLegend(true);
    byId("shows").focus();
    this.paint();
  }

  askBands() {
    this.showBandsButton(t("bands.begin"));
    this.connection.send({
      kind: "bands",
      rounds: Math.max(this.vocabulary.fewest_band_rounds, this.worlds.frontier),
    });
  }

  showBandsButton(text) {
    byId("bands-text").textContent = text;
  }

  /** Explain the bands; after decisions of persons, also that the rules decide in these runs. */
  explainBands() {
    const { bands } = this.charts[0];
    byId("bands-note").hidden = bands === null;
    if (bands)
      byId("bands-note").textContent = t(this.hasDecisions ? "bands.note.persons" : "bands.note", {
        n: bands.runs,
      });
  }

  // --- looking at an organisation ---

  closeStory() {
    if (byId("story").hidden) return;
    const inside = byId("story").contains(document.activeElement);
    byId("story").hidden = true;
    for (const side of SIDES) {
      if (inside && this.networks[side].chosen >= 0) byId(`network-${side}`).focus();
      this.networks[side].chosen = -1;
    }
    this.paint();
  }

  /** Let pointer and keys look at organisations of a side. */
  listenToNetwork(side) {
    const canvas = byId(`network-${side}`);
    const network = this.networks[side];
    const glance = throttle(
      (organisation) => this.connection.send({ kind: "glance", side, organisation }),
      GLANCE_EVERY,
    );
    const move = (event) => {
      const box = canvas.getBoundingClientRect();
      const nearest = network.findNearest(event.clientX - box.left, event.clientY - box.top);
      if (nearest !== network.pointed)
        this.pointAt(side, nearest, event.clientX, event.clientY, glance);
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerleave", () => this.pointAt(side, -1));
    canvas.addEventListener("blur", () => this.pointAt(side, -1));
    canvas.addEventListener("click", (event) => {
      move(event);
      this.choose(side, network.pointed);
    });
    canvas.addEventListener("keydown", (event) => this.walk(event, side, glance));
  }

  pointAt(side, organisation, x, y, glance) {
    this.networks[side].pointed = organisation;
    this.pointer = organisation < 0 ? null : { side, organisation, x, y };
    if (organisation < 0) hideGlyph();
    else glance(organisation);
    this.paint();
  }

  choose(side, organisation, focus = false) {
    if (organisation < 0) return this.closeStory();
    for (const one of SIDES) this.networks[one].chosen = organisation;
    this.focusStory = focus;
    this.connection.send({ kind: "look", side, organisation });
    this.paint();
  }

  walk(event, side, glance) {
    const network = this.networks[side];
    if (event.key === "Enter" && network.pointed >= 0) {
      this.choose(side, network.pointed, true);
      event.preventDefault();
    }
    if (!(event.key in DIRECTIONS) || !this.worlds.places.length) return;
    event.preventDefault();
    const next = network.findNeighbour(network.pointed, ...DIRECTIONS[event.key]);
    const [x, y] = network.getPlace(next);
    const box = byId(`network-${side}`).getBoundingClientRect();
    this.pointAt(side, next, box.left + x, box.top + y, glance);
  }
}

const fetchJson = async (file) => (await fetch(file)).json();
noteArrival();
await loadLanguage();
await loadLessonWords(language);
const vocabulary = await fetchJson("vocabulary.json");
translatePage({ n: vocabulary.band_runs });
globalThis.page = new Page(vocabulary, await fetchJson("lessons.json"));
