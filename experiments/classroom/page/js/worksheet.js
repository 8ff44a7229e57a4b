// A worksheet of a lesson, a page per question: predict, run, explain, try. It holds no answer.

import { byId, make } from "./dom.js";
import { language, loadLanguage, getEquation } from "./i18n.js";
import { OUTCOMES } from "./lesson_card.js";
import { getLesson, getLessonText, loadLessonWords, translateInLesson } from "./lesson_words.js";
import { formatSide, SIDES } from "./sides.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 170; // millimetres
const HEIGHT = 30; // millimetres
const LEFT = 4;
const RIGHT = 166;
const TOP = 6;
const BOTTOM = 25;
const GRID = 5;

const makeBlank = (label) =>
  make("span", { class: `blank ${label.replace(".", "-")}` }, `${getLessonText(label)}:`);

const makeLines = (count) =>
  make("div", { class: `lines of-${count}` }, ...Array.from({ length: count }, () => make("div")));

function makeSheet(content, part, number, bandRuns) {
  const text = content.parts[number - 1];
  const of = content.parts.length;
  return make(
    "section",
    { class: "sheet" },
    make(
      "div",
      { class: "head" },
      make("h1", {}, content.title),
      make("span", {}, getLessonText("part", { n: number, of })),
      makeBlank("sheet.name"),
      makeBlank("sheet.date"),
    ),
    make("h2", {}, getLessonText("sheet.predict")),
    make("p", {}, text.situation),
    make("p", { class: "question" }, text.question),
    make("ul", { class: "options" }, ...OUTCOMES.map((one) => make("li", {}, text.options[one]))),
    make("p", { class: "faint" }, getLessonText("sheet.draw")),
    makeAxes(translateInLesson("measures", part.measure), part.rounds),
    make("h2", {}, getLessonText("sheet.run")),
    make("p", { class: "faint" }, getLessonText("sheet.copy")),
    makeTable(part, bandRuns),
    make("h2", {}, getLessonText("sheet.explain")),
    make("p", {}, getLessonText("sheet.because")),
    ...makeEquations(part, text),
    makeLines(3),
    make("h2", {}, getLessonText("sheet.try")),
    make("p", {}, text.try, " ", make("span", { class: "faint" }, getLessonText("sheet.found"))),
    makeLines(2),
    ...(number === of ? [make("h2", {}, getLessonText("sheet.doubt")), makeLines(2)] : []),
  );
}

const makeEquations = (part, text) =>
  (part.rules?.map(getEquation) ?? [text.rule]).map((one) => make("p", { class: "equation" }, one));

function makeTable(part, bandRuns) {
  const heads = [
    ["", 1],
    [getLessonText("own_run"), 2],
    [getLessonText("many_runs", { n: bandRuns }), 2],
    [getLessonText("higher"), 1],
  ];
  const sides = ["", ...SIDES, ...SIDES, ""].map((side) =>
    make("th", { class: side }, formatSide(side)),
  );
  const rows = [part.measure, ...part.also].map((measure) =>
    make(
      "tr",
      {},
      make("th", {}, translateInLesson("measures", measure)),
      ...Array.from({ length: 5 }, () => make("td")),
    ),
  );
  return make(
    "table",
    {},
    make(
      "thead",
      {},
      make("tr", {}, ...heads.map(([label, colSpan]) => make("th", { colSpan }, label))),
      make("tr", {}, ...sides),
    ),
    make("tbody", {}, ...rows),
  );
}

/** Return empty axes to draw on. */
function makeAxes(measure, rounds) {
  const svg = makeShape("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "axes",
    role: "img",
    "aria-label": measure,
  });
  for (let line = 1; line <= GRID; line++) {
    svg.append(
      makeShape("path", {
        class: "grid",
        d: `M${LEFT} ${BOTTOM - ((BOTTOM - TOP) * line) / GRID}H${RIGHT}`,
      }),
    );
    svg.append(
      makeShape("path", {
        class: "grid",
        d: `M${LEFT + ((RIGHT - LEFT) * line) / GRID} ${TOP}V${BOTTOM}`,
      }),
    );
  }
  svg.append(
    makeShape("path", { d: `M${LEFT} ${TOP - 2}V${BOTTOM}H${RIGHT}` }),
    makeShape("text", { x: LEFT, y: TOP - 3 }, measure),
    makeShape("text", { x: LEFT, y: BOTTOM + 4 }, "0"),
    makeShape(
      "text",
      { x: RIGHT, y: BOTTOM + 4, "text-anchor": "end" },
      `${rounds} ${getLessonText("sheet.rounds")}`,
    ),
  );
  return svg;
}

function makeShape(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

await loadLanguage();
await loadLessonWords(language);
const fetchJson = async (file) => (await fetch(file)).json();
const [lessons, { band_runs }] = await Promise.all(
  ["lessons.json", "vocabulary.json"].map(fetchJson),
);
const asked = new URLSearchParams(location.search).get("lesson");
const name = Object.hasOwn(lessons, asked) ? asked : Object.keys(lessons)[0];
const content = getLesson(name);
document.title = `${content.title} – Overbruggen`;
byId("sheet").append(
  make(
    "div",
    { class: "bar" },
    make("button", { type: "button", onclick: () => print() }, getLessonText("sheet.print")),
  ),
  ...lessons[name].map((part, at) => makeSheet(content, part, at + 1, band_runs)),
);
document.body.dataset.status = "open";
