// What a class takes home: the measures of every round as CSV, and what is on the screen as a figure, SVG or PNG.

import { byId, make } from "./dom.js";
import { named, t } from "./i18n.js";
import { INK, SIDES } from "./looks.js";
import { Paper, sheet } from "./vectors.js";

const SIDE_NAMES = ["a", "b"];
const WIDTH = 1000, NETWORK = [485, 380], CHART = [235, 190], TOP = 58, BELOW = 24;
const SHARPNESS = 2;  // pixels of the PNG per unit of the drawing

/** Return the measures of all rounds of both sides, a row a round. */
export function table(worlds, charts) {
  const head = ["round", ...SIDE_NAMES.flatMap((side) => charts.map((chart) => `${chart.measure.name}_${side}`))];
  const rows = worlds.a.series.map((row, at) => [at + 1, ...row, ...worlds.b.series[at]]);
  return [head, ...rows].map((row) => row.join(",")).join("\r\n") + "\r\n";
}

/** Return networks and charts of the round that is shown as SVG. */
export function figure(page) {
  const placed = [[title(page), 10, 0]];
  SIDE_NAMES.forEach((side, at) => placed.push([drawn(page.networks[side], NETWORK), 10 + at * (NETWORK[0] + 10), TOP]));
  page.charts.forEach((chart, at) => {
    const x = 10 + at * (CHART[0] + 13), y = TOP + NETWORK[1] + BELOW;
    placed.push([name(chart), x, y - 6], [drawn(chart, CHART), x, y]);
  });
  page.paint(true);
  return sheet(WIDTH, TOP + NETWORK[1] + BELOW + CHART[1] + 10, placed);
}

/** Let something draw on paper instead of on its canvas. */
function drawn(drawing, [width, height]) {
  const { canvas } = drawing, paper = new Paper(width, height);
  drawing.canvas = paper;
  try { drawing.draw(performance.now()); } finally { drawing.canvas = canvas; }
  return paper;
}

function title(page) {
  const paper = new Paper(WIDTH, TOP);
  const write = (text, x, y, font, colour = INK) => { Object.assign(paper, { font, fillStyle: colour }); paper.fillText(text, x, y); };
  write(`Overbruggen · ${t("round", { round: page.worlds.round })}`, 0, 20, "bold 15px sans-serif");
  SIDE_NAMES.forEach((side, at) => write(`${side.toUpperCase()}  ${named("forms", page.scenario[side].structure)}`, at * (NETWORK[0] + 10), 48, "bold 16px sans-serif", SIDES[side]));
  return paper;
}

function name(chart) {
  const paper = new Paper(...CHART);
  Object.assign(paper, { font: "bold 13px sans-serif", fillStyle: INK });
  paper.fillText(named("charts", chart.measure.name), 4, 0);
  return paper;
}

/** Return a drawing as a picture of pixels. */
export async function pixels(svg) {
  const image = new Image(), address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: SHARPNESS * image.naturalWidth, height: SHARPNESS * image.naturalHeight });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  } finally { URL.revokeObjectURL(address); }
}

function download(content, ending, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  make("a", { href: address, download: `overbruggen.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Build the dialog that saves. */
export function buildSaving(page) {
  const dialog = byId("saving");
  const button = (id, action) => make("button", { type: "button", class: "wide", id: `save-${id}`, onclick: action }, t(`save.${id}`));
  dialog.append(
    make("header", {}, make("h2", { id: "saving-title" }, t("save.title")), make("button", { type: "button", class: "close", onclick: () => dialog.close() }, t("close"))),
    make("p", {}, t("save.explained")),
    button("csv", () => download(table(page.worlds, page.charts), "csv", "text/csv")),
    button("svg", () => download(figure(page), "svg", "image/svg+xml")),
    button("png", async () => download(await pixels(figure(page)), "png", "image/png")),
  );
  byId("save").addEventListener("click", () => dialog.showModal());
}
