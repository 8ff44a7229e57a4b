// Controls made from the declarations of the parameters: a row per parameter, a control per side, the rule behind it.

import { byId, make, throttled } from "./dom.js";
import { equationOf, named, number, parameterMeaning, parameterName, t } from "./i18n.js";

const SEND_EVERY = 80;  // milliseconds, while a slider is dragged

export class Controls {
  /** `send(message)` says something to the server. */
  constructor(vocabulary, send) {
    this.vocabulary = vocabulary;
    this.parameters = new Map(vocabulary.groups.flatMap((group) => group.parameters).map((one) => [one.path, one]));
    this.send = send;
    this.inputs = [];  // every control: path, side, element, output
    this.banners = [];
    this.coupled = false;
    this.build(byId("controls"));
    this.buildAdvanced(byId("advanced"));
    for (const side of ["a", "b"]) this.buildForm(byId(`form-${side}`), side);
  }

  build(panel) {
    const couple = make("input", { type: "checkbox", id: "couple", onchange: (event) => { this.coupled = event.target.checked; } });
    const rows = [...this.vocabulary.basics, ...this.vocabulary.shared_basics].map((path) => this.row(this.parameters.get(path)));
    const all = make("button", { type: "button", id: "open-advanced", class: "wide", onclick: () => byId("advanced").showModal() }, t("advanced.open"));
    panel.append(make("h2", {}, t("controls.title")), this.banner(), make("label", { class: "couple" }, couple, " ", t("controls.couple")), ...rows, all);
  }

  buildAdvanced(dialog) {
    const close = make("button", { type: "button", class: "close", onclick: () => dialog.close() }, t("close"));
    const groups = this.vocabulary.groups.map((group) => make("details", { name: "groups" },
      make("summary", {}, named("groups", group.name)), ...group.parameters.map((one) => this.row(one))));
    dialog.append(make("header", {}, make("h2", { id: "advanced-title" }, t("advanced.title")), close), make("p", {}, t("advanced.left")), this.banner(), ...groups);
  }

  /** Say what waits for a new beginning, with the button beside it. */
  banner() {
    const text = make("span");
    const button = make("button", { type: "button", onclick: () => this.send({ kind: "reset" }) }, t("reset"));
    const banner = make("p", { class: "banner", role: "status", hidden: true }, text, button);
    this.banners.push({ banner, text });
    return banner;
  }

  buildForm(select, side) {
    for (const name of Object.keys(this.vocabulary.structures)) select.append(make("option", { value: name }, named("forms", name)));
    select.addEventListener("change", () => this.send({ kind: "form", side: this.coupled ? "both" : side, name: select.value }));
  }

  row(parameter) {
    const sides = parameter.shared ? ["both"] : ["a", "b"];
    const when = make("span", { class: parameter.at_once ? "when now" : "when later" }, t(parameter.at_once ? "acts.now" : "acts.reset"));
    const name = make("h3", { title: parameterMeaning(parameter) }, parameterName(parameter));
    return make("div", { class: "row" }, make("div", { class: "head" }, name, when), ...sides.map((side) => this.control(parameter, side)), this.rule(parameter));
  }

  /** The rule behind a control, shown on demand. */
  rule(parameter) {
    return make("details", { class: "rule" }, make("summary", {}, t("rule.show"), make("span", { class: "hidden" }, ` ${parameterName(parameter)}`)),
      make("p", {}, parameterMeaning(parameter)), make("p", { class: "equation" }, equationOf(parameter)),
      make("p", { class: "source" }, t("rule.source", { section: parameter.section, source: parameter.source, unit: parameter.unit, symbol: parameter.symbol || "–" })));
  }

  control(parameter, side) {
    const label = `${parameterName(parameter)}${side === "both" ? "" : `, ${side.toUpperCase()}`}`;
    const output = make("output", {});
    const input = this.input(parameter, label);
    const change = throttled((value) => this.send({ kind: "change", side: this.coupled && side !== "both" ? "both" : side, parameter: parameter.path, value }), SEND_EVERY);
    input.dataset.path = parameter.path;
    input.dataset.side = side;
    input.addEventListener(parameter.kind === "choice" || parameter.kind === "flag" ? "change" : "input", () => {
      const value = read(input, parameter);
      output.textContent = shown(value, parameter);
      change(value);
    });
    this.inputs.push({ parameter, side, input, output });
    const badge = side === "both" ? null : make("span", { class: `badge ${side}`, "aria-hidden": "true" }, side.toUpperCase());
    return make("label", { class: `control ${parameter.kind}` }, badge, input, output);
  }

  input(parameter, label) {
    if (parameter.kind === "choice") {
      return make("select", { "aria-label": label }, ...parameter.choices.map((one) => make("option", { value: one }, named("choices", one))));
    }
    if (parameter.kind === "flag") return make("input", { type: "checkbox", "aria-label": label });
    return make("input", { type: "range", min: parameter.low, max: parameter.high, step: parameter.step, "aria-label": label });
  }

  /** Show what the server says is chosen; a control in use is left alone. */
  show(state) {
    for (const { parameter, side, input, output } of this.inputs) {
      const value = this.valueOf(parameter, side === "both" ? "a" : side, state.scenario);
      input.disabled = value === null;
      if (value === null) { output.textContent = "–"; continue; }
      if (document.activeElement !== input || parameter.kind === "choice" || parameter.kind === "flag") write(input, parameter, value);
      output.textContent = shown(document.activeElement === input ? read(input, parameter) : value, parameter);
      if (parameter.kind !== "choice" && parameter.kind !== "flag") input.setAttribute("aria-valuetext", output.textContent);
    }
    for (const side of ["a", "b"]) byId(`form-${side}`).value = state.scenario[side].structure;
    const waiting = new Set([...state.waiting.a, ...state.waiting.b]);
    for (const { banner, text } of this.banners) {
      banner.hidden = waiting.size === 0;
      text.textContent = t("waiting");
    }
    byId("reset").classList.toggle("wanted", waiting.size > 0);
  }

  valueOf(parameter, side, scenario) {
    const chosen = parameter.shared ? scenario.shared : scenario[side].values;
    if (parameter.path in chosen) return chosen[parameter.path];
    const form = this.vocabulary.structures[scenario[side].structure];
    return form && parameter.path in form ? form[parameter.path] : parameter.default;
  }
}

/** Return the value of a control. */
function read(input, parameter) {
  if (parameter.kind === "choice") return input.value;
  return parameter.kind === "flag" ? input.checked : Number(input.value);
}

/** Set a control. */
function write(input, parameter, value) {
  if (parameter.kind === "flag") input.checked = value;
  else input.value = value;
}

/** Return a value as a reader wants it. */
function shown(value, parameter) {
  if (parameter.kind === "choice" || parameter.kind === "flag") return "";
  return number(value, parameter.kind === "whole" ? 0 : parameter.step < 0.01 ? 3 : 2);
}
