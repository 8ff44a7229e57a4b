// The card of a lesson: what it shows in each of its steps. It knows no connection; `actions` are what its buttons do.

import { make } from "./dom.js";
import { equationOf, number } from "./i18n.js";
import { called, filled, lessonTexts, say } from "./lesson_words.js";
import { misled } from "./verdict.js";

export const STEPS = ["predict", "run", "explain", "try"];
const CHOICES = ["a", "same", "b"];

const LARGE = 10;  // from here on a digit less
const short = (value) => number(value, Math.abs(value) < LARGE ? 2 : 1);
const button = (label, onclick, kind = "quiet", more = {}) => make("button", { type: "button", class: kind, onclick, ...more }, label);

/** Return the card's children for where a lesson is: name, number of the part, step, guess, found, progress. */
export function card(at, part, actions) {
  const texts = lessonTexts(at.name), text = texts.parts[at.part];
  const bodies = { predict, run, explain, try: tryOut };
  return [
    make("header", {}, make("h2", {}, texts.title), make("span", { class: "lead" }, say("part", { n: at.part + 1, of: texts.parts.length })),
      button("×", actions.leave, "close", { title: say("leave"), "aria-label": say("leave") })),
    make("ol", { class: "steps" }, ...STEPS.map((step) => make("li", { class: step === at.step ? "now" : "", "aria-current": step === at.step ? "step" : null }, say(`step.${step}`)))),
    ...bodies[at.step](at, part, text, actions),
  ];
}

function predict(at, part, text, actions) {
  const options = CHOICES.map((one) => make("button", { type: "button", class: `option ${one}`, "aria-pressed": String(at.guess === one), onclick: () => actions.guess(one) }, text.options[one]));
  return [
    make("p", {}, text.situation), make("p", { class: "question" }, text.question), make("p", { class: "hidden" }, say("choose")),
    make("div", { class: "options", role: "group", "aria-label": say("choose") }, ...options),
    make("div", { class: "onward" }, button(say("to_run"), () => actions.go("run"), "loud", { disabled: !at.guess, id: "lesson-next" })),
  ];
}

function run(at, part, text, actions) {
  return [
    make("p", { class: "question" }, text.question), guessed(at, text), make("p", {}, say("watch", { measure: called("measures", part.measure) })),
    make("div", { class: "onward" }, button(say("back"), () => actions.go("predict")), button(say("run"), actions.run, "loud", { disabled: Boolean(at.progress), id: "lesson-next" })),
    make("p", { class: "progress", role: "status" }, at.progress),
  ];
}

const guessed = (at, text) => make("p", { class: `guessed ${at.guess}` }, say("guessed", { guess: text.options[at.guess] ?? "" }));

function explain(at, part, text, actions) {
  if (!at.found) return [make("p", { class: "progress", role: "status" }, at.progress)];
  const { main } = at.found;
  return [
    make("p", { class: "question" }, text.question), outcome(at, text), make("p", { class: `grade ${main.outcome}` }, answer(at.found, text)), ...numbers(at.found),
    make("div", { class: "onward" }, button(say("back"), () => actions.go("run")), button(say("to_try"), () => actions.go("try"), "loud", { id: "lesson-next" })),
  ];
}

/** Return the choices, with what was predicted and what the runs say. */
function outcome(at, text) {
  const { main } = at.found;
  const mark = (shown, key) => (shown ? make("span", { class: `mark-of ${key}` }, say(`mark.${key}`)) : null);
  return make("ul", { class: "outcome" }, ...CHOICES.map((one) => make("li", { class: `${one}${one === main.outcome ? " so" : ""}` },
    make("span", {}, text.options[one]), mark(one === at.guess, "guess"), mark(one === main.outcome, "runs"))));
}

/** Return why, and the rule behind it: beside the networks, below them. */
export function explanation(part, text) { return [make("p", { class: "because" }, make("b", {}, say("why")), " ", text.why), rules(part, text)]; }

/** Return the answer that the runs give, with their numbers. */
export function answer(found, text) {
  const given = { a: short(found.main.a), b: short(found.main.b) };
  for (const one of found.all) Object.assign(given, { [`${one.measure}_a`]: short(one.a), [`${one.measure}_b`]: short(one.b) });
  return filled(text.answers[found.main.outcome], given);
}

/** Return the table of what was found, what it says in a sentence, and how sure that is. */
function numbers(found) {
  const { main } = found;
  const cell = (value) => make("td", {}, short(value));
  const row = (one) => make("tr", {}, make("th", { scope: "row" }, called("measures", one.measure)), cell(one.own.a), cell(one.own.b), cell(one.a), cell(one.b));
  const sides = () => ["a", "b"].map((side) => make("th", { scope: "col", class: side }, side.toUpperCase()));
  const table = make("table", { class: "numbers" },
    make("thead", {}, make("tr", {}, make("td", { rowSpan: 2 }, say("second_half")), make("th", { colSpan: 2, scope: "colgroup" }, say("own_run")), make("th", { colSpan: 2, scope: "colgroup" }, say("many_runs"))),
      make("tr", {}, ...sides(), ...sides())), make("tbody", {}, ...found.all.map(row)));
  const count = make("details", { class: "count" }, make("summary", {}, say(`higher.${main.outcome}`, main)), make("p", { class: "luck" }, say("luck", main)));
  return [table, count, misled(main) ? make("p", { class: "misled" }, say("misled")) : null];
}

function rules(part, text) {
  const lines = (part.rules ?? [{ equation: text.rule }]).map((rule) => make("p", { class: "equation" }, equationOf(rule), rule.section ? make("span", { class: "section" }, say("section", { section: rule.section })) : null));
  return make("div", { class: "rules" }, make("b", {}, say("rule")), ...lines, part.source ? make("p", { class: "source" }, `${say("source")}: ${part.source}`) : null);
}

function tryOut(at, part, text, actions) {
  const result = at.tried ? numbers(at.tried) : [];
  const onward = at.lastPart ? [button(say("sandbox"), actions.leave), at.lastLesson ? null : button(say("next_lesson"), actions.next, "loud", { id: "lesson-next" })]
    : [button(say("next_part"), actions.next, "loud", { id: "lesson-next" })];
  return [
    make("p", { class: "question" }, text.try), part.controls.includes?.("form") ? make("p", {}, say("form_hint")) : null, ...actions.controls(),
    make("div", { class: "onward" }, button(say("back"), () => actions.go("explain")), button(say("try.run"), actions.again, "quiet", { disabled: Boolean(at.progress), id: "lesson-again" })),
    make("p", { class: "progress", role: "status" }, at.progress), ...result, make("div", { class: "onward last" }, ...onward),
  ];
}
