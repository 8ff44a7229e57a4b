// What a class takes home: the measures of every round as CSV, and the screen as SVG or PNG.

import { byId, make } from "./dom.js";
import { t, translate } from "./i18n.js";
import { INK, SIDE_COLOURS } from "./looks.js";
import { formatSide, SIDES } from "./sides.js";
import { composeSheet, Paper } from "./vectors.js";

const WIDTH = 1000;
const NETWORK = [485, 380];
const CHART = [235, 190];
const TOP = 58;
const BELOW = 24;
const SHARPNESS = 2; // pixels of the PNG per unit of the drawing
const KEEP_DOWNLOAD = 10_000; // milliseconds

/** Return the measures of all rounds of both sides, a row per round. */
function writeTable(worlds, charts) {
  const columns = SIDES.flatMap((side) =>
    charts.map(({ measure }) => ({
      name: `${measure}_${side}`,
      values: worlds[side].series[measure] ?? [],
    })),
  );
  const rows = columns[0].values.map((_, at) => [
    at + 1,
    ...columns.map(({ values }) => values[at]),
  ]);
  return (
    [["round", ...columns.map(({ name }) => name)], ...rows]
      .map((row) => row.join(","))
      .join("\r\n") + "\r\n"
  );
}

/** Return networks and charts of the round that is shown as SVG. */
function drawFigure(page) {
  const placed = [[drawTitle(page), 10, 0]];
  SIDES.forEach((side, at) =>
    placed.push([drawOnPaper(page.networks[side], NETWORK), 10 + at * (NETWORK[0] + 10), TOP]),
  );
  page.charts.forEach((chart, at) => {
    const x = 10 + at * (CHART[0] + 13);
    const y = TOP + NETWORK[1] + BELOW;
    placed.push([drawChartName(chart), x, y - 6], [drawOnPaper(chart, CHART), x, y]);
  });
  page.paint(true);
  return composeSheet(WIDTH, TOP + NETWORK[1] + BELOW + CHART[1] + 10, placed);
}

/** Let something draw on paper instead of on its canvas. */
function drawOnPaper(drawing, [width, height]) {
  const { canvas } = drawing;
  const paper = new Paper(width, height);
  drawing.canvas = paper;
  try {
    drawing.draw(performance.now());
  } finally {
    drawing.canvas = canvas;
  }
  return paper;
}

function drawTitle(page) {
  const paper = new Paper(WIDTH, TOP);
  const write = (text, x, y, font, colour = INK) => {
    Object.assign(paper, { font, fillStyle: colour });
    paper.fillText(text, x, y);
  };
  write(`Overbruggen · ${t("round", { round: page.worlds.round })}`, 0, 20, "bold 15px sans-serif");
  SIDES.forEach((side, at) => {
    const form = translate("forms", page.scenario[side].structure);
    write(
      `${formatSide(side)}  ${form}`,
      at * (NETWORK[0] + 10),
      48,
      "bold 16px sans-serif",
      SIDE_COLOURS[side],
    );
  });
  return paper;
}

function drawChartName(chart) {
  const paper = new Paper(...CHART);
  Object.assign(paper, { font: "bold 13px sans-serif", fillStyle: INK });
  paper.fillText(chart.title, 4, 0);
  return paper;
}

/** Return a drawing as a picture of pixels. */
async function renderPixels(svg) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), {
      width: SHARPNESS * image.naturalWidth,
      height: SHARPNESS * image.naturalHeight,
    });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => {
      canvas.toBlob(done, "image/png");
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

function download(content, ending, type) {
  const address = URL.createObjectURL(
    content instanceof Blob ? content : new Blob([content], { type }),
  );
  make("a", { href: address, download: `overbruggen.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEEP_DOWNLOAD);
}

/** Build the dialog that saves. */
export function buildSaving(page) {
  const dialog = byId("saving");
  const makeButton = (id, action) =>
    make(
      "button",
      { type: "button", class: "wide", id: `save-${id}`, onclick: action },
      t(`save.${id}`),
    );
  dialog.append(
    make(
      "header",
      {},
      make("h2", { id: "saving-title" }, t("save.title")),
      make("button", { type: "button", class: "close", onclick: () => dialog.close() }, t("close")),
    ),
    make("p", {}, t("save.explained")),
    makeButton("csv", () => download(writeTable(page.worlds, page.charts), "csv", "text/csv")),
    makeButton("svg", () => download(drawFigure(page), "svg", "image/svg+xml")),
    makeButton("png", async () =>
      download(await renderPixels(drawFigure(page)), "png", "image/png"),
    ),
  );
  byId("save").addEventListener("click", () => dialog.showModal());
}
