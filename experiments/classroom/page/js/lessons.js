// Lessons: where the class is, what its buttons do, and the answers from its own runs. Where it is stands in the address.

import { extras } from "./address.js";
import { ClassicStage, classicControls } from "./classic.js";
import { byId, make } from "./dom.js";
import { language, t } from "./i18n.js";
import { card, explanation, STEPS } from "./lesson_card.js";
import { lessonTexts, say } from "./lesson_words.js";
import { findings } from "./verdict.js";

const FAST = 20;  // rounds per second
const MOST_LUCK = 999;

export class Lessons {
  /** `told` are the lessons by name, each a list of parts. */
  constructor(page, told) {
    Object.assign(this, { page, told, at: null, waits: null, classic: new ClassicStage(), rows: new Map() });
    byId("show-lessons").textContent = say("open");
    byId("show-lessons").addEventListener("click", () => byId("lessons").showModal());
    this.buildMenu();
    this.recall();
  }

  get part() { return this.told[this.at.name][this.at.part]; }

  /** Read from the address where the class is. */
  recall() {
    const query = new URLSearchParams(location.search), [name, number] = (query.get("lesson") ?? "").split(".");
    const part = Number(number ?? 1) - 1;
    if (!Object.hasOwn(this.told, name) || !this.told[name][part]) return;
    const step = STEPS.includes(query.get("step")) ? query.get("step") : "predict";
    this.at = { name, part, guess: query.get("guess"), step: query.get("guess") ? step : "predict", luck: Number(query.get("luck") ?? query.get("run.seed")) || luck() };
    this.show(false);
  }

  /** Return the scenario of a lesson that the address names without saying more, or null. */
  asked() {
    const bare = this.at && !new URLSearchParams(location.search).has("a");
    return bare && !this.part.classic ? this.scenario() : null;
  }

  scenario() {
    const { scenario } = this.part;
    return { ...scenario, shared: { ...scenario.shared, "run.seed": this.at.luck } };
  }

  begin(name, part = 0) {
    const same = this.at?.name === name;
    this.at = { name, part, step: "predict", guess: null, luck: same ? this.at.luck : luck() };
    this.waits = null;
    this.page.connection.send(this.part.classic ? { kind: "pause" } : { kind: "choose", scenario: this.scenario() });
    this.show();
  }

  next() {
    const names = Object.keys(this.told), { name, part } = this.at;
    if (part + 1 < this.told[name].length) this.begin(name, part + 1);
    else this.begin(names[names.indexOf(name) + 1]);
  }

  leave() {
    this.at = this.waits = null;
    this.classic.close();
    byId("lesson").hidden = byId("why").hidden = true;
    for (const name of ["lesson", "step", "guess", "luck"]) delete extras[name];
    this.page.writeAddress();
    this.watch(null);
    byId("show-lessons").focus();
  }

  go(step) {
    this.waits = null;
    Object.assign(this.at, { step, progress: "" });
    if (step === "explain" && !this.at.found) this.answerAgain();
    this.show();
  }

  // --- what is shown ----------------------------------------------------------------------------------------------

  show(focus = true) {
    const names = Object.keys(this.told), { name, part } = this.at;
    this.at.lastPart = part + 1 === this.told[name].length;
    this.at.lastLesson = names.at(-1) === name;
    this.stage();
    this.watch(this.part);
    byId("lesson").replaceChildren(...card(this.at, this.part, this.actions()).filter(Boolean));
    byId("lesson").hidden = false;
    const explains = this.at.step === "explain" && this.at.found;
    byId("why").hidden = !explains;
    if (explains) byId("why").replaceChildren(...explanation(this.part, lessonTexts(name).parts[part]));
    if (focus) { byId("lesson").scrollTop = 0; byId("lesson").focus(); }
    Object.assign(extras, { lesson: `${name}.${part + 1}`, step: this.at.step, luck: this.at.luck });
    if (this.at.guess) extras.guess = this.at.guess;
    else delete extras.guess;
    if (this.page.connection) this.page.writeAddress();
  }

  /** Put a classic on the stage, or take it off. */
  stage() {
    if (!this.part.classic) { this.classic.close(); return; }
    if (this.classic.part !== this.part) {
      this.at.chosen = usual(this.part);
      this.classic.open(this.part);
    }
  }

  /** Mark the chart of a part's measure, and draw charts as long as its runs; without a part, as they usually are. */
  watch(part) {
    this.page.worlds.shortest = part?.rounds;
    const told = [part?.measure, part?.also[0]];
    for (const { element, measure } of this.page.charts) {
      element.classList.toggle("watched", measure.name === part?.measure);
      element.classList.toggle("told", told.includes(measure.name));
    }
    this.page.paint(true);
  }

  actions() {
    return {
      leave: () => this.leave(), next: () => this.next(), go: (step) => this.go(step), run: () => this.run(), again: () => this.again(),
      guess: (guess) => { this.at.guess = guess; this.show(false); byId("lesson-next").focus(); }, controls: () => this.controls(),
    };
  }

  /** Return the controls that are new in this part. */
  controls() {
    if (this.part.classic) return classicControls(this.part, this.at.chosen);
    const { controls } = this.page;
    return this.part.controls.filter((path) => path !== "form").map((path) => {
      if (!this.rows.has(path)) this.rows.set(path, controls.row(controls.parameters.get(path)));
      if (this.state) controls.show(this.state);
      return this.rows.get(path);
    });
  }

  // --- running ----------------------------------------------------------------------------------------------------

  /** Play the scenario of the lesson from the start. */
  run() {
    this.at.found = this.at.tried = null;
    if (this.part.classic) this.at.chosen = usual(this.part);
    else this.page.connection.send({ kind: "choose", scenario: this.scenario() });
    this.play("found");
  }

  /** Play what the class has set. */
  again() {
    this.at.tried = null;
    if (!this.part.classic) this.page.connection.send({ kind: "reset" });
    this.play("tried");
  }

  play(into) {
    this.waits = { into, fresh: false, begun: false };
    if (this.part.classic) this.askClassic();
    else {
      this.page.connection.send({ kind: "speed", per_second: FAST });
      this.page.connection.send({ kind: "play" });
    }
    this.progress(say("running", { round: 0, rounds: this.part.rounds }));
    this.show(false);
  }

  askClassic() {
    const { name, part, luck: seed, chosen } = this.at;
    this.page.connection.send({ kind: "classic", lesson: name, part, seed, a: chosen.a, b: chosen.b });
  }

  /** Come back to an answer after a reload: ask for the thirty runs again. */
  answerAgain() {
    if (this.waits) return;
    this.waits = { into: "found", begun: true };
    if (this.part.classic) this.askClassic();
    else this.page.connection.send({ kind: "bands", rounds: this.part.rounds });
  }

  progress(sentence) {
    this.at.progress = sentence;
    for (const line of byId("lesson").querySelectorAll(".progress")) line.textContent = sentence;
  }

  // --- what the server says ---------------------------------------------------------------------------------------

  hear(message) {
    if (message.kind === "state") this.state = message;
    if (this.at) this[`hear_${message.kind}`]?.(message);
  }

  /** A new scene is the one that was waited for, or the thirty runs that were waited for are given up. */
  hear_scene() {
    if (this.waits?.begun) this.hear_refused();
    else if (this.waits) this.waits.fresh = true;
  }

  hear_state(message) {
    if (this.at.step !== "explain" || this.at.found || this.waits) return;
    if (this.part.classic || message.frontier >= this.part.rounds) this.answerAgain();
    else this.go("run");
  }

  /** Count the rounds of a run, and ask for thirty more at its end. */
  hear_frame(message) {
    if (!this.waits?.fresh || this.waits.begun) return;  // before the new scene, frames are of what was played before
    if (message.round >= this.part.rounds) {
      this.waits.begun = true;
      this.page.connection.send({ kind: "seek", round: this.part.rounds });
      this.page.connection.send({ kind: "bands", rounds: this.part.rounds });
    }
    this.progress(say("running", { round: Math.min(message.round, this.part.rounds), rounds: this.part.rounds }));
  }

  hear_bands_progress(message) { if (this.waits?.begun) this.progress(say("thirty", message)); }

  hear_bands(message) {
    if (this.waits?.begun && message.rounds === this.part.rounds) this.found(message, { a: this.page.worlds.a.series, b: this.page.worlds.b.series });
  }

  hear_classic_runs(message) {
    if (this.waits && message.lesson === this.at.name && message.part === this.at.part) {
      const waited = this.waits;
      this.classic.play(message, () => { if (this.waits === waited) this.found(message, message.series); });
    }
  }

  hear_refused() { if (this.waits) { this.waits = null; this.at.progress = ""; this.show(false); } }

  found(runs, series) {
    const { into } = this.waits;
    this.waits = null;
    this.at[into] = findings(this.part, runs, series);
    this.at.progress = "";
    if (into === "found") this.at.step = "explain";
    this.show(into === "found");
  }

  // --- the menu ---------------------------------------------------------------------------------------------------

  buildMenu() {
    const close = () => byId("lessons").close();
    const entry = (name, at) => make("li", {}, make("button", { type: "button", class: "choose", "data-lesson": name, onclick: () => { close(); this.begin(name); } },
      make("b", {}, at === null ? "" : `${at + 1} `, lessonTexts(name).title), make("span", {}, lessonTexts(name).lead)),
      make("a", { href: `worksheet.html?lesson=${name}&lang=${language}`, target: "_blank" }, say("worksheet")));
    const names = Object.keys(this.told), own = names.filter((name) => !this.told[name][0].classic), classics = names.filter((name) => this.told[name][0].classic);
    byId("lessons").append(
      make("header", {}, make("h2", { id: "lessons-title" }, say("title")), make("button", { type: "button", class: "close", onclick: close }, t("close"))),
      make("p", {}, say("intro")), make("h3", {}, say("own")), make("ol", { class: "menu" }, ...own.map(entry)),
      make("h3", {}, say("classics")), make("ul", { class: "menu" }, ...classics.map((name) => entry(name, null))));
  }
}

/** Return the luck of a class: another one each time a lesson is begun; the address holds it. */
const luck = () => 1 + Math.floor(Math.random() * MOST_LUCK);

/** Return what a classic's controls are set to on each side at the start. */
const usual = (part) => Object.fromEntries(["a", "b"].map((side) => [side,
  Object.fromEntries(Object.entries(part[side].values).filter(([name]) => name in part.controls))]));
