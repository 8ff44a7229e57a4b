// A worksheet of a lesson, a page per question: predict, draw, run, copy, explain, try. Nothing on it tells the answer.

import { byId, make } from "./dom.js";
import { equationOf, language, loadLanguage } from "./i18n.js";
import { called, lessonTexts, loadLessonWords, say } from "./lesson_words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 170, HEIGHT = 30;  // millimetres
const LEFT = 4, RIGHT = 166, TOP = 6, BOTTOM = 25, GRID = 5;

const blank = (label) => make("span", { class: `blank ${label.replace(".", "-")}` }, `${say(label)}:`);

const lines = (count) => make("div", { class: `lines of-${count}` }, ...Array.from({ length: count }, () => make("div")));

function sheet(name, texts, part, at) {
  const text = texts.parts[at];
  return make("section", { class: "sheet" },
    make("div", { class: "head" }, make("h1", {}, texts.title), make("span", {}, say("part", { n: at + 1, of: texts.parts.length })), blank("sheet.name"), blank("sheet.date")),
    make("h2", {}, say("sheet.predict")), make("p", {}, text.situation), make("p", { class: "question" }, text.question),
    make("ul", { class: "options" }, ...["a", "same", "b"].map((one) => make("li", {}, text.options[one]))),
    make("p", { class: "faint" }, say("sheet.draw")), axes(called("measures", part.measure), part.rounds),
    make("h2", {}, say("sheet.run")), make("p", { class: "faint" }, say("sheet.copy")), table(part),
    make("h2", {}, say("sheet.explain")), make("p", {}, say("sheet.because")), ...equations(part, text), lines(3),
    make("h2", {}, say("sheet.try")), make("p", {}, text.try, " ", make("span", { class: "faint" }, say("sheet.found"))), lines(2),
    ...(at + 1 === texts.parts.length ? [make("h2", {}, say("sheet.doubt")), lines(2)] : []));
}

const equations = (part, text) => (part.rules?.map(equationOf) ?? [text.rule]).map((one) => make("p", { class: "equation" }, one));

function table(part) {
  const heads = [["", 1], [say("own_run"), 2], [say("many_runs"), 2], [say("higher"), 1]];
  const sides = ["", "A", "B", "A", "B", ""].map((side) => make("th", { class: side.toLowerCase() }, side));
  const rows = [part.measure, ...part.also].map((measure) => make("tr", {}, make("th", {}, called("measures", measure)), ...Array.from({ length: 5 }, () => make("td"))));
  return make("table", {}, make("thead", {}, make("tr", {}, ...heads.map(([label, colSpan]) => make("th", { colSpan }, label))), make("tr", {}, ...sides)), make("tbody", {}, ...rows));
}

/** Return empty axes to draw on. */
function axes(measure, rounds) {
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "axes", role: "img", "aria-label": measure });
  for (let line = 1; line <= GRID; line++) {
    svg.append(shape("path", { class: "grid", d: `M${LEFT} ${BOTTOM - (BOTTOM - TOP) * line / GRID}H${RIGHT}` }));
    svg.append(shape("path", { class: "grid", d: `M${LEFT + (RIGHT - LEFT) * line / GRID} ${TOP}V${BOTTOM}` }));
  }
  svg.append(shape("path", { d: `M${LEFT} ${TOP - 2}V${BOTTOM}H${RIGHT}` }), shape("text", { x: LEFT, y: TOP - 3 }, measure),
    shape("text", { x: LEFT, y: BOTTOM + 4 }, "0"), shape("text", { x: RIGHT, y: BOTTOM + 4, "text-anchor": "end" }, `${rounds} ${say("sheet.rounds")}`));
  return svg;
}

function shape(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

await loadLanguage();
await loadLessonWords(language);
const told = await (await fetch("lessons.json")).json(), asked = new URLSearchParams(location.search).get("lesson");
const name = Object.hasOwn(told, asked) ? asked : Object.keys(told)[0], texts = lessonTexts(name);
document.title = `${texts.title} – Overbruggen`;
byId("sheet").append(make("div", { class: "bar" }, make("button", { type: "button", onclick: () => print() }, say("sheet.print"))),
  ...told[name].map((part, at) => sheet(name, texts, part, at)));
document.body.dataset.status = "open";
