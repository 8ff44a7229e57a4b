// The legend: what shapes, colours, links and moving dots mean, drawn by the code of the network.

import { byId, make } from "./dom.js";
import { t, translate } from "./i18n.js";
import { getColour, fadeColour, getShape, sharpen, traceShape } from "./looks.js";
import { Network } from "./network.js";

const MARK_SIZE = 6;
const TEAM = 5;
const LARGE_TEAM = 8; // a small world needs more members to have shortcuts
const SHORTCUTS = [
  [0, 4],
  [2, 6],
];
const COLOUR_CHOICES = ["strongest", "sector"];

/**
 * Fill and show the legend.
 *
 * @param {object} worlds both sides
 * @param {string[]} topologies names of the topologies that forms can have
 * @param {string} colours what colour and shape show: strongest or sector
 * @param {function} choose called when the reader chooses another one
 * @param {function} close called when the reader closes the legend
 */
export function showLegend(worlds, topologies, colours, choose, close) {
  const names =
    colours === "sector"
      ? worlds.sectors.map((name) => translate("sectors", name))
      : Array.from({ length: worlds.domains }, (_, domain) => t("field", { n: domain + 1 }));
  const marks = names.map((name) => ({
    canvas: make("canvas", { class: "mark", "aria-hidden": "true" }),
    name,
  }));
  const forms = topologies.map((topology) => ({
    canvas: make("canvas", { class: "form", "aria-hidden": "true" }),
    topology,
  }));
  const select = make(
    "select",
    { id: "shows", onchange: (event) => choose(event.target.value) },
    ...COLOUR_CHOICES.map((one) =>
      make("option", { value: one, selected: one === colours }, t(`legend.${one}`)),
    ),
  );
  byId("legend").replaceChildren(
    make(
      "header",
      {},
      make("h2", {}, t("legend.title")),
      make("button", { type: "button", class: "close", onclick: close }, t("close")),
    ),
    make("label", {}, `${t("legend.shows")} `, select),
    make("ul", { class: "marks" }, ...marks.map((mark) => make("li", {}, mark.canvas, mark.name))),
    make("p", {}, t("legend.pale")),
    make("h3", {}, t("legend.forms")),
    make(
      "ul",
      { class: "forms" },
      ...forms.map((form) => make("li", {}, form.canvas, t(`legend.${form.topology}`))),
    ),
    make("p", {}, t("legend.copies")),
    make("p", {}, t("legend.sides")),
    make("p", { class: "keys" }, t("legend.keys")),
  );
  byId("legend").hidden = false;
  marks.forEach(({ canvas }, kind) => drawMark(canvas, kind));
  for (const { canvas, topology } of forms) drawForm(canvas, topology);
}

function drawMark(canvas, kind) {
  const { pen, width, height } = sharpen(canvas);
  traceShape(pen, getShape(kind), width / 2, height / 2, MARK_SIZE);
  pen.fillStyle = fadeColour(kind, 0.9);
  pen.fill();
  pen.strokeStyle = getColour(kind);
  pen.stroke();
}

/** Return the links of a team that are drawn one by one. */
function listLinks(topology, members) {
  const ring = members.map((i) => [i, (i + 1) % members.length]);
  if (topology === "ring") return ring;
  if (topology === "small_world") return [...ring, ...SHORTCUTS];
  if (topology === "star") return members.slice(1).map((i) => [0, i]);
  return topology === "complete"
    ? members.flatMap((i) => members.slice(i + 1).map((j) => [i, j]))
    : [];
}

/** Draw a team under a topology. */
function drawForm(canvas, topology) {
  const { pen, width, height } = sharpen(canvas);
  const size = topology === "small_world" ? LARGE_TEAM : TEAM;
  const members = Array.from({ length: size }, (_, i) => i);
  const places = members.map((i) => [
    Math.cos((2 * Math.PI * i) / size - 1.57),
    Math.sin((2 * Math.PI * i) / size - 1.57),
  ]);
  const forms = { example: { topology, links: { [size]: listLinks(topology, members) } } };
  const world = {
    teams: new Map(),
    forms,
    strongest: members,
    peak: members.map(() => 0.9),
    sector: members,
  };
  const network = new Network(canvas, "a", { places, a: world }, 1);
  Object.assign(network, {
    size: 4,
    centre: [width / 2, height / 2],
    reach: [height / 2 - 10, height / 2 - 10],
  });
  network.drawTeam(pen, { form: "example", members }, 1, "usual");
  for (const i of members) network.drawOrganisation(pen, i);
}
