// Controls made from the declarations of the parameters: a row per parameter, with a control per
// side and the rule behind it.

import { byId, make, throttle } from "./dom.js";
import {
  formatNumber,
  getParameterMeaning,
  getParameterName,
  getEquation,
  t,
  translate,
} from "./i18n.js";
import { formatSide, SIDES } from "./sides.js";

const SEND_EVERY = 80; // milliseconds, while a slider is dragged

const isSlider = (parameter) => parameter.kind !== "choice" && parameter.kind !== "flag";

export class Controls {
  /**
   * @param {object} vocabulary declarations of parameters, groups and forms
   * @param {function} send sends a message to the server
   */
  constructor(vocabulary, send) {
    this.vocabulary = vocabulary;
    this.parameters = new Map(
      vocabulary.groups.flatMap((group) => group.parameters).map((one) => [one.path, one]),
    );
    this.send = send;
    this.inputs = []; // every control: parameter, side, input, output
    this.banners = [];
    this.coupled = false;
    this.buildBasics(byId("controls"));
    this.buildAdvanced(byId("advanced"));
    for (const side of SIDES) this.buildForm(byId(`form-${side}`), side);
  }

  buildBasics(panel) {
    const couple = make("input", {
      type: "checkbox",
      id: "couple",
      onchange: (event) => {
        this.coupled = event.target.checked;
      },
    });
    const paths = [...this.vocabulary.basic_parameters, ...this.vocabulary.shared_basic_parameters];
    const rows = paths.map((path) => this.makeRow(this.parameters.get(path)));
    const all = make(
      "button",
      {
        type: "button",
        id: "open-advanced",
        class: "wide",
        onclick: () => byId("advanced").showModal(),
      },
      t("advanced.open"),
    );
    panel.append(
      make("h2", {}, t("controls.title")),
      this.makeBanner(),
      make("label", { class: "couple" }, couple, " ", t("controls.couple")),
      ...rows,
      all,
    );
  }

  buildAdvanced(dialog) {
    const close = make(
      "button",
      { type: "button", class: "close", onclick: () => dialog.close() },
      t("close"),
    );
    const groups = this.vocabulary.groups.map((group) =>
      make(
        "details",
        { name: "groups" },
        make("summary", {}, translate("groups", group.name)),
        ...group.parameters.map((one) => this.makeRow(one)),
      ),
    );
    dialog.append(
      make("header", {}, make("h2", { id: "advanced-title" }, t("advanced.title")), close),
      make("p", {}, t("advanced.left")),
      this.makeBanner(),
      ...groups,
    );
  }

  /** Return a line that says that something waits for a reset, with the button for it. */
  makeBanner() {
    const button = make(
      "button",
      { type: "button", onclick: () => this.send({ kind: "reset" }) },
      t("reset"),
    );
    const banner = make(
      "p",
      { class: "banner", role: "status", hidden: true },
      make("span", {}, t("waiting")),
      button,
    );
    this.banners.push(banner);
    return banner;
  }

  buildForm(select, side) {
    for (const name of Object.keys(this.vocabulary.structures))
      select.append(make("option", { value: name }, translate("forms", name)));
    select.addEventListener("change", () =>
      this.send({ kind: "form", side: this.coupled ? "both" : side, name: select.value }),
    );
  }

  makeRow(parameter) {
    const sides = parameter.shared ? ["both"] : SIDES;
    const when = make(
      "span",
      { class: parameter.at_once ? "when now" : "when later" },
      t(parameter.at_once ? "acts.now" : "acts.reset"),
    );
    const name = make("h3", { title: getParameterMeaning(parameter) }, getParameterName(parameter));
    return make(
      "div",
      { class: "row" },
      make("div", { class: "head" }, name, when),
      ...sides.map((side) => this.makeControl(parameter, side)),
      this.makeRule(parameter),
    );
  }

  /** Return the rule behind a control, shown on demand. */
  makeRule(parameter) {
    const { section, source, unit, symbol } = parameter;
    return make(
      "details",
      { class: "rule" },
      make(
        "summary",
        {},
        t("rule.show"),
        make("span", { class: "hidden" }, ` ${getParameterName(parameter)}`),
      ),
      make("p", {}, getParameterMeaning(parameter)),
      make("p", { class: "equation" }, getEquation(parameter)),
      make(
        "p",
        { class: "source" },
        t("rule.source", { section, source, unit, symbol: symbol || "–" }),
      ),
    );
  }

  makeControl(parameter, side) {
    const shared = side === "both";
    const label = `${getParameterName(parameter)}${shared ? "" : `, ${formatSide(side)}`}`;
    const output = make("output", {});
    const input = this.makeInput(parameter, label);
    const change = throttle(
      (value) =>
        this.send({
          kind: "change",
          side: this.coupled ? "both" : side,
          parameter: parameter.path,
          value,
        }),
      SEND_EVERY,
    );
    input.dataset.path = parameter.path;
    input.dataset.side = side;
    input.addEventListener(isSlider(parameter) ? "input" : "change", () => {
      const value = readInput(input, parameter);
      output.textContent = formatValue(value, parameter);
      change(value);
    });
    this.inputs.push({ parameter, side, input, output });
    const badge = shared
      ? null
      : make("span", { class: `badge ${side}`, "aria-hidden": "true" }, formatSide(side));
    return make("label", { class: `control ${parameter.kind}` }, badge, input, output);
  }

  makeInput(parameter, label) {
    if (parameter.kind === "choice") {
      return make(
        "select",
        { "aria-label": label },
        ...parameter.choices.map((one) =>
          make("option", { value: one }, translate("choices", one)),
        ),
      );
    }
    if (parameter.kind === "flag") return make("input", { type: "checkbox", "aria-label": label });
    return make("input", {
      type: "range",
      min: parameter.low,
      max: parameter.high,
      step: parameter.step,
      "aria-label": label,
    });
  }

  /** Show the choices that the server holds; a slider in use is left alone. */
  show(state) {
    for (const { parameter, side, input, output } of this.inputs) {
      const value = this.findValue(parameter, side === "both" ? "a" : side, state.scenario);
      input.disabled = value === null;
      if (value === null) {
        output.textContent = "–";
        continue;
      }
      const inUse = document.activeElement === input && isSlider(parameter);
      if (!inUse) writeInput(input, parameter, value);
      output.textContent = formatValue(inUse ? readInput(input, parameter) : value, parameter);
      if (isSlider(parameter)) input.setAttribute("aria-valuetext", output.textContent);
    }
    for (const side of SIDES) byId(`form-${side}`).value = state.scenario[side].structure;
    const waits = SIDES.some((side) => state.waiting[side].length > 0);
    for (const banner of this.banners) banner.hidden = !waits;
    byId("reset").classList.toggle("wanted", waits);
  }

  /** Return the value of a parameter: chosen, that of the form, or the default. */
  findValue(parameter, side, scenario) {
    const chosen = parameter.shared ? scenario.shared : scenario[side].values;
    if (parameter.path in chosen) return chosen[parameter.path];
    const form = this.vocabulary.structures[scenario[side].structure];
    return form && parameter.path in form ? form[parameter.path] : parameter.default;
  }
}

function readInput(input, parameter) {
  if (parameter.kind === "choice") return input.value;
  return parameter.kind === "flag" ? input.checked : Number(input.value);
}

function writeInput(input, parameter, value) {
  if (parameter.kind === "flag") input.checked = value;
  else input.value = value;
}

/** Return the value of a slider as text. */
function formatValue(value, parameter) {
  if (!isSlider(parameter)) return "";
  return formatNumber(value, parameter.kind === "whole" ? 0 : parameter.step < 0.01 ? 3 : 2);
}
