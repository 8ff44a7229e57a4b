// The legend: what shapes, colours, links and moving dots mean, drawn with the same brush as the network.

import { byId, make } from "./dom.js";
import { named, t } from "./i18n.js";
import { COLOURS, fill, sharpen, trace } from "./looks.js";
import { Network } from "./network.js";

const FORMS = ["complete", "star", "ring", "mediated", "random", "small_world"];
const SIZE = 6;

/** Fill the legend for what there is; `shows` is strongest or sector, `choose` changes it. */
export function showLegend(worlds, shows, choose, close) {
  const kinds = shows === "sector" ? worlds.sectors.map((name) => named("sectors", name)) : Array.from({ length: worlds.domains }, (_, k) => t("field", { n: k + 1 }));
  const marks = kinds.map((name, kind) => ({ canvas: make("canvas", { class: "mark", "aria-hidden": "true" }), name, kind }));
  const forms = FORMS.map((name, at) => ({ canvas: make("canvas", { class: "form", "aria-hidden": "true" }), name, topology: [1, 3, 2, 4, 5, 6][at] }));
  const select = make("select", { id: "shows", onchange: (event) => choose(event.target.value) },
    ...["strongest", "sector"].map((one) => make("option", { value: one, selected: one === shows }, t(`legend.${one}`))));
  byId("legend").replaceChildren(
    make("header", {}, make("h2", {}, t("legend.title")), make("button", { type: "button", class: "close", onclick: close }, t("close"))),
    make("label", {}, `${t("legend.shows")} `, select),
    make("ul", { class: "marks" }, ...marks.map((mark) => make("li", {}, mark.canvas, mark.name))),
    make("p", {}, t("legend.pale")),
    make("h3", {}, t("legend.forms")),
    make("ul", { class: "forms" }, ...forms.map((form) => make("li", {}, form.canvas, t(`legend.${form.name}`)))),
    make("p", {}, t("legend.copies")),
    make("p", {}, t("legend.sides")),
    make("p", { class: "keys" }, t("legend.keys")),
  );
  byId("legend").hidden = false;
  for (const { canvas, kind } of marks) drawMark(canvas, kind);
  for (const { canvas, topology } of forms) drawForm(canvas, topology);
}

function drawMark(canvas, kind) {
  const { pen, width, height } = sharpen(canvas);
  trace(pen, kind, width / 2, height / 2, SIZE);
  pen.fillStyle = fill(kind, 0.9);
  pen.fill();
  pen.strokeStyle = COLOURS[kind % COLOURS.length];
  pen.stroke();
}

/** Draw a team of five (eight for the small world) under a topology. */
function drawForm(canvas, topology) {
  const { pen, width, height } = sharpen(canvas);
  const size = topology === 6 ? 8 : 5, members = Array.from({ length: size }, (_, i) => i);
  const ring = members.map((i) => [i, (i + 1) % size]);
  const links = { 1: members.flatMap((a) => members.slice(a + 1).map((b) => [a, b])), 2: ring, 3: members.slice(1).map((b) => [0, b]), 6: [...ring, [0, 4], [2, 6]] }[topology] ?? [];
  const places = members.map((i) => [Math.cos(2 * Math.PI * i / size - 1.57), Math.sin(2 * Math.PI * i / size - 1.57)]);
  const world = { teams: new Map(), forms: [{ topology, links: { [size]: links } }], strongest: members, peak: members.map(() => 8), sector: members };
  const network = new Network(canvas, "a", { places, a: world });
  Object.assign(network, { size: 4, centre: [width / 2, height / 2], reach: [height / 2 - 10, height / 2 - 10] });
  network.drawTeam(pen, { form: 0, members }, 1, 0);
  for (const i of members) network.drawOrganisation(pen, i);
}
