// Lessons: the position of the class, what the buttons do, and the answers from its own runs.
// The address holds the position.

import { extras } from "./address.js";
import { ClassicStage, makeClassicControls } from "./classic.js";
import { byId, make } from "./dom.js";
import { language, t } from "./i18n.js";
import { makeCard, makeExplanation, STEPS } from "./lesson_card.js";
import { getLesson, getLessonText } from "./lesson_words.js";
import { forEachSide } from "./sides.js";
import { collectFindings } from "./verdict.js";

const ADDRESS_FIELDS = ["lesson", "step", "guess", "seed"];

export class Lessons {
  /**
   * @param {object} page the page
   * @param {object} lessons the lessons by name, each a list of parts
   */
  constructor(page, lessons) {
    Object.assign(this, { page, lessons, classic: new ClassicStage(), rows: new Map() });
    this.position = null; // lesson, part, step, guess, seed, findings
    this.pending = null; // runs that are under way, and where their findings go
    this.handlers = {
      scene: () => this.handleScene(),
      state: (message) => this.handleState(message),
      frame: (message) => this.handleFrame(message),
      bands_progress: (message) => this.handleProgress(message),
      bands: (message) => this.handleBands(message),
      classic_runs: (message) => this.handleClassicRuns(message),
      refused: () => this.cancel(),
    };
    byId("show-lessons").textContent = getLessonText("open");
    byId("show-lessons").addEventListener("click", () => byId("lessons").showModal());
    this.buildMenu();
    this.readAddress();
  }

  get part() {
    return this.lessons[this.position.name][this.position.part];
  }

  /** Read the position of the class from the address. */
  readAddress() {
    const query = new URLSearchParams(location.search);
    const [name, number] = (query.get("lesson") ?? "").split(".");
    const part = Number(number ?? 1) - 1;
    const guess = query.get("guess");
    if (!Object.hasOwn(this.lessons, name) || !this.lessons[name][part]) return;
    const step = guess && STEPS.includes(query.get("step")) ? query.get("step") : "predict";
    this.position = {
      name,
      part,
      guess,
      step,
      seed: Number(query.get("seed") ?? query.get("run.seed")) || this.drawSeed(),
    };
    this.show(false);
  }

  /** Return the scenario of a lesson that the address names without settings, or null. */
  findScenario() {
    const bare = this.position && !new URLSearchParams(location.search).has("a");
    return bare && !this.part.classic ? this.buildScenario() : null;
  }

  buildScenario() {
    const { scenario } = this.part;
    return { ...scenario, shared: { ...scenario.shared, "run.seed": this.position.seed } };
  }

  /** Return a random seed for a class, as far as the slider of seeds goes. */
  drawSeed() {
    return 1 + Math.floor(Math.random() * this.page.controls.parameters.get("run.seed").high);
  }

  begin(name, part = 0) {
    const seed = this.position?.name === name ? this.position.seed : this.drawSeed();
    this.position = { name, part, step: "predict", guess: null, seed };
    this.pending = null;
    this.page.connection.send(
      this.part.classic ? { kind: "pause" } : { kind: "choose", scenario: this.buildScenario() },
    );
    this.show();
  }

  goToNext() {
    const names = Object.keys(this.lessons);
    const { name, part } = this.position;
    if (part + 1 < this.lessons[name].length) this.begin(name, part + 1);
    else this.begin(names[names.indexOf(name) + 1]);
  }

  leave() {
    this.position = this.pending = null;
    this.classic.close();
    byId("lesson").hidden = byId("why").hidden = true;
    for (const field of ADDRESS_FIELDS) delete extras[field];
    this.page.writeAddress();
    this.watch(null);
    byId("show-lessons").focus();
  }

  go(step) {
    this.pending = null;
    Object.assign(this.position, { step, progress: "" });
    if (step === "explain" && !this.position.findings) this.answerAgain();
    this.show();
  }

  // --- what is shown ---

  show(focus = true) {
    const names = Object.keys(this.lessons);
    const { name, part, step, seed, guess } = this.position;
    this.position.lastPart = part + 1 === this.lessons[name].length;
    this.position.lastLesson = names.at(-1) === name;
    this.setStage();
    this.watch(this.part);
    byId("lesson").replaceChildren(
      ...makeCard(this.position, this.part, this.makeActions()).filter(Boolean),
    );
    byId("lesson").hidden = false;
    const explains = step === "explain" && this.position.findings;
    byId("why").hidden = !explains;
    if (explains)
      byId("why").replaceChildren(...makeExplanation(this.part, getLesson(name).parts[part]));
    if (focus) {
      byId("lesson").scrollTop = 0;
      byId("lesson").focus();
    }
    Object.assign(extras, { lesson: `${name}.${part + 1}`, step, seed });
    if (guess) extras.guess = guess;
    else delete extras.guess;
    if (this.page.connection) this.page.writeAddress();
  }

  /** Put a classic on the stage, or take it off. */
  setStage() {
    if (!this.part.classic) {
      this.classic.close();
      return;
    }
    if (this.classic.part !== this.part) {
      this.position.chosen = listClassicValues(this.part);
      this.classic.open(this.part);
    }
  }

  /** Mark the charts of the measures of a part, and draw charts as long as its runs. */
  watch(part) {
    this.page.worlds.shortest = part?.rounds;
    const explained = [part?.measure, part?.also[0]];
    for (const { element, measure } of this.page.charts) {
      element.classList.toggle("watched", measure === part?.measure);
      element.classList.toggle("explained", explained.includes(measure));
    }
    this.page.paint(true);
  }

  makeActions() {
    return {
      leave: () => this.leave(),
      next: () => this.goToNext(),
      go: (step) => this.go(step),
      run: () => this.run(),
      again: () => this.runAgain(),
      guess: (guess) => {
        this.position.guess = guess;
        this.show(false);
        byId("lesson-next").focus();
      },
      makeControls: () => this.makeControls(),
      bandRuns: this.page.vocabulary.band_runs,
    };
  }

  /** Return the controls that are new in this part. */
  makeControls() {
    if (this.part.classic) return makeClassicControls(this.part, this.position.chosen);
    const { controls } = this.page;
    return this.part.controls
      .filter((path) => path !== "form")
      .map((path) => {
        if (!this.rows.has(path))
          this.rows.set(path, controls.makeRow(controls.parameters.get(path)));
        if (this.state) controls.show(this.state);
        return this.rows.get(path);
      });
  }

  // --- running ---

  /** Play the scenario of the lesson from the start. */
  run() {
    this.position.findings = this.position.tried = null;
    if (this.part.classic) this.position.chosen = listClassicValues(this.part);
    else this.page.connection.send({ kind: "choose", scenario: this.buildScenario() });
    this.play("findings");
  }

  /** Play what the class has set. */
  runAgain() {
    this.position.tried = null;
    if (!this.part.classic) this.page.connection.send({ kind: "reset" });
    this.play("tried");
  }

  play(into) {
    this.pending = { into, hasScene: false, hasBegun: false };
    if (this.part.classic) this.askClassic();
    else {
      this.page.connection.send({ kind: "speed", per_second: this.page.vocabulary.lesson_speed });
      this.page.connection.send({ kind: "play" });
    }
    this.showProgress(getLessonText("running", { round: 0, rounds: this.part.rounds }));
    this.show(false);
  }

  askClassic() {
    const { name, part, seed, chosen } = this.position;
    this.page.connection.send({
      kind: "classic",
      lesson: name,
      part,
      seed,
      a: chosen.a,
      b: chosen.b,
    });
  }

  /** Ask for the many runs again, to return to an answer after a reload. */
  answerAgain() {
    if (this.pending) return;
    this.pending = { into: "findings", hasBegun: true };
    if (this.part.classic) this.askClassic();
    else this.page.connection.send({ kind: "bands", rounds: this.part.rounds });
  }

  showProgress(sentence) {
    this.position.progress = sentence;
    for (const line of byId("lesson").querySelectorAll(".progress")) line.textContent = sentence;
  }

  /** Wait for no runs any more. */
  cancel() {
    if (this.pending) {
      this.pending = null;
      this.position.progress = "";
      this.show(false);
    }
  }

  showFindings(runs, series) {
    const { into } = this.pending;
    this.pending = null;
    this.position[into] = collectFindings(this.part, runs, series);
    this.position.progress = "";
    if (into === "findings") this.position.step = "explain";
    this.show(into === "findings");
  }

  // --- messages of the server ---

  receive(message) {
    if (message.kind === "state") this.state = message;
    if (this.position) this.handlers[message.kind]?.(message);
  }

  /** A new scene begins the run, or cancels the many runs under way. */
  handleScene() {
    if (this.pending?.hasBegun) this.cancel();
    else if (this.pending) this.pending.hasScene = true;
  }

  handleState({ frontier }) {
    if (this.position.step !== "explain" || this.position.findings || this.pending) return;
    if (this.part.classic || frontier >= this.part.rounds) this.answerAgain();
    else this.go("run");
  }

  /** Count the rounds of a run, and ask for more runs at its end; earlier frames do not count. */
  handleFrame({ round }) {
    if (!this.pending?.hasScene || this.pending.hasBegun) return;
    const { rounds } = this.part;
    if (round >= rounds) {
      this.pending.hasBegun = true;
      this.page.connection.send({ kind: "seek", round: rounds });
      this.page.connection.send({ kind: "bands", rounds });
    }
    this.showProgress(getLessonText("running", { round: Math.min(round, rounds), rounds }));
  }

  handleProgress(message) {
    if (this.pending?.hasBegun) this.showProgress(getLessonText("more_runs", message));
  }

  handleBands(message) {
    const { a, b } = this.page.worlds;
    if (this.pending?.hasBegun && message.rounds === this.part.rounds)
      this.showFindings(message, { a: a.series, b: b.series });
  }

  handleClassicRuns(message) {
    if (
      !this.pending ||
      message.lesson !== this.position.name ||
      message.part !== this.position.part
    )
      return;
    const { pending } = this;
    this.classic.play(message, () => {
      if (this.pending === pending) this.showFindings(message, message.series);
    });
  }

  // --- the menu ---

  buildMenu() {
    const close = () => byId("lessons").close();
    const makeEntry = (name, number) =>
      make(
        "li",
        {},
        make(
          "button",
          {
            type: "button",
            class: "choose",
            "data-lesson": name,
            onclick: () => {
              close();
              this.begin(name);
            },
          },
          make("b", {}, number, getLesson(name).title),
          make("span", {}, getLesson(name).lead),
        ),
        make(
          "a",
          { href: `worksheet.html?lesson=${name}&lang=${language}`, target: "_blank" },
          getLessonText("worksheet"),
        ),
      );
    const names = Object.keys(this.lessons);
    const isClassic = (name) => Boolean(this.lessons[name][0].classic);
    const own = names.filter((name) => !isClassic(name));
    const classics = names.filter(isClassic);
    byId("lessons").append(
      make(
        "header",
        {},
        make("h2", { id: "lessons-title" }, getLessonText("title")),
        make("button", { type: "button", class: "close", onclick: close }, t("close")),
      ),
      make("p", {}, getLessonText("intro")),
      make("h3", {}, getLessonText("own")),
      make("ol", { class: "menu" }, ...own.map((name, at) => makeEntry(name, `${at + 1} `))),
      make("h3", {}, getLessonText("classics")),
      make("ul", { class: "menu" }, ...classics.map((name) => makeEntry(name, ""))),
    );
  }
}

/** Return what the controls of a classic are set to on each side at the start. */
const listClassicValues = (part) =>
  forEachSide((side) =>
    Object.fromEntries(Object.entries(part[side].values).filter(([name]) => name in part.controls)),
  );
