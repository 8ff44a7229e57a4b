// The card of a lesson in each of its steps. `actions` are what its buttons do.

import { make } from "./dom.js";
import { fillIn, formatNumber, getEquation } from "./i18n.js";
import { getLesson, getLessonText, translateInLesson } from "./lesson_words.js";
import { formatSide, SIDES } from "./sides.js";
import { isMisleading } from "./verdict.js";

export const STEPS = ["predict", "run", "explain", "try"];
export const OUTCOMES = ["a", "same", "b"];

const LARGE = 10; // numbers from here on have a digit less
const formatShort = (value) => formatNumber(value, Math.abs(value) < LARGE ? 2 : 1);
const makeButton = (label, onclick, kind = "quiet", more = {}) =>
  make("button", { type: "button", class: kind, onclick, ...more }, label);
const makeNext = (label, onclick, more = {}) =>
  makeButton(label, onclick, "loud", { id: "lesson-next", ...more });
const makeProgress = (position) =>
  make("p", { class: "progress", role: "status" }, position.progress);

/**
 * Return the children of the card.
 *
 * @param {object} position in the lesson: name, part, step, guess, findings, progress
 * @param {object} part the question
 * @param {object} actions what the buttons do
 */
export function makeCard(position, part, actions) {
  const content = getLesson(position.name);
  const text = content.parts[position.part];
  const makeBody = { predict: makePrediction, run: makeRun, explain: makeAnswer, try: makeTrial }[
    position.step
  ];
  const steps = STEPS.map((step) =>
    make(
      "li",
      {
        class: step === position.step ? "now" : "",
        "aria-current": step === position.step ? "step" : null,
      },
      getLessonText(`step.${step}`),
    ),
  );
  return [
    make(
      "header",
      {},
      make("h2", {}, content.title),
      make(
        "span",
        { class: "lead" },
        getLessonText("part", { n: position.part + 1, of: content.parts.length }),
      ),
      makeButton("×", actions.leave, "close", {
        title: getLessonText("leave"),
        "aria-label": getLessonText("leave"),
      }),
    ),
    make("ol", { class: "steps" }, ...steps),
    ...makeBody(position, part, text, actions),
  ];
}

function makePrediction(position, part, text, actions) {
  const options = OUTCOMES.map((one) =>
    makeButton(text.options[one], () => actions.guess(one), `option ${one}`, {
      "aria-pressed": String(position.guess === one),
    }),
  );
  return [
    make("p", {}, text.situation),
    make("p", { class: "question" }, text.question),
    make("p", { class: "hidden" }, getLessonText("choose")),
    make(
      "div",
      { class: "options", role: "group", "aria-label": getLessonText("choose") },
      ...options,
    ),
    make(
      "div",
      { class: "onward" },
      makeNext(getLessonText("to_run"), () => actions.go("run"), { disabled: !position.guess }),
    ),
  ];
}

function makeRun(position, part, text, actions) {
  return [
    make("p", { class: "question" }, text.question),
    make(
      "p",
      { class: `guessed ${position.guess}` },
      getLessonText("guessed", { guess: text.options[position.guess] ?? "" }),
    ),
    make("p", {}, getLessonText("watch", { measure: translateInLesson("measures", part.measure) })),
    make(
      "div",
      { class: "onward" },
      makeButton(getLessonText("back"), () => actions.go("predict")),
      makeNext(getLessonText("run"), actions.run, { disabled: Boolean(position.progress) }),
    ),
    makeProgress(position),
  ];
}

function makeAnswer(position, part, text, actions) {
  const { findings } = position;
  if (!findings) return [makeProgress(position)];
  return [
    make("p", { class: "question" }, text.question),
    makeOutcome(position, text),
    make("p", { class: `grade ${findings.main.outcome}` }, writeAnswer(findings, text)),
    ...makeNumbers(findings),
    make(
      "div",
      { class: "onward" },
      makeButton(getLessonText("back"), () => actions.go("run")),
      makeNext(getLessonText("to_try"), () => actions.go("try")),
    ),
  ];
}

/** Return the options, marked with what was predicted and what the runs show. */
function makeOutcome({ guess, findings }, text) {
  const { outcome } = findings.main;
  const makeMark = (shown, key) =>
    shown ? make("span", { class: `mark-of ${key}` }, getLessonText(`mark.${key}`)) : null;
  return make(
    "ul",
    { class: "outcome" },
    ...OUTCOMES.map((one) =>
      make(
        "li",
        { class: `${one}${one === outcome ? " so" : ""}` },
        make("span", {}, text.options[one]),
        makeMark(one === guess, "guess"),
        makeMark(one === outcome, "runs"),
      ),
    ),
  );
}

/** Return why, and the rule behind it: beside the networks, below them. */
export function makeExplanation(part, text) {
  return [
    make("p", { class: "because" }, make("b", {}, getLessonText("why")), " ", text.why),
    makeRules(part, text),
  ];
}

/** Return the answer that the runs give, with their numbers. */
export function writeAnswer(findings, text) {
  const numbers = { a: formatShort(findings.main.a), b: formatShort(findings.main.b) };
  for (const one of findings.all)
    for (const side of SIDES) numbers[`${one.measure}_${side}`] = formatShort(one[side]);
  return fillIn(text.answers[findings.main.outcome], numbers);
}

/** Return the table of the findings, their count in a sentence, and how certain that is. */
function makeNumbers({ main, all }) {
  const makeCell = (value) => make("td", {}, formatShort(value));
  const makeRow = (one) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, translateInLesson("measures", one.measure)),
      ...[one.own.a, one.own.b, one.a, one.b].map(makeCell),
    );
  const makeSides = () =>
    SIDES.map((side) => make("th", { scope: "col", class: side }, formatSide(side)));
  const makeHead = (key, values) =>
    make("th", { colSpan: 2, scope: "colgroup" }, getLessonText(key, values));
  const table = make(
    "table",
    { class: "numbers" },
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("td", { rowSpan: 2 }, getLessonText("second_half")),
        makeHead("own_run"),
        makeHead("many_runs", { n: main.of }),
      ),
      make("tr", {}, ...makeSides(), ...makeSides()),
    ),
    make("tbody", {}, ...all.map(makeRow)),
  );
  const count = make(
    "details",
    { class: "count" },
    make("summary", {}, getLessonText(`higher.${main.outcome}`, main)),
    make("p", { class: "certainty" }, getLessonText("certainty", main)),
  );
  return [
    table,
    count,
    isMisleading(main) ? make("p", { class: "misled" }, getLessonText("misled", main)) : null,
  ];
}

function makeRules(part, text) {
  const lines = (part.rules ?? [{ equation: text.rule }]).map((rule) =>
    make(
      "p",
      { class: "equation" },
      getEquation(rule),
      rule.section
        ? make("span", { class: "section" }, getLessonText("section", { section: rule.section }))
        : null,
    ),
  );
  return make(
    "div",
    { class: "rules" },
    make("b", {}, getLessonText("rule")),
    ...lines,
    part.source
      ? make("p", { class: "source" }, `${getLessonText("source")}: ${part.source}`)
      : null,
  );
}

function makeTrial(position, part, text, actions) {
  const onward = !position.lastPart
    ? [makeNext(getLessonText("next_part"), actions.next)]
    : [
        makeButton(getLessonText("sandbox"), actions.leave),
        position.lastLesson ? null : makeNext(getLessonText("next_lesson"), actions.next),
      ];
  const again = makeButton(
    getLessonText("try.run", { n: actions.bandRuns }),
    actions.again,
    "quiet",
    {
      disabled: Boolean(position.progress),
      id: "lesson-again",
    },
  );
  return [
    make("p", { class: "question" }, text.try),
    part.controls.includes?.("form") ? make("p", {}, getLessonText("form_hint")) : null,
    ...actions.makeControls(),
    make(
      "div",
      { class: "onward" },
      makeButton(getLessonText("back"), () => actions.go("explain")),
      again,
    ),
    makeProgress(position),
    ...(position.tried ? makeNumbers(position.tried) : []),
    make("div", { class: "onward last" }, ...onward),
  ];
}
