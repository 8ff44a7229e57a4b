// The settings are in the address, so that a link is a scenario:
// ?a=hub&a.imitation.rate=0.1&b=alliance&run.seed=3

import { forEachSide, SIDES } from "./sides.js";

/** What else is in the address, by name: the position in a lesson. */
export const extras = {};

/**
 * Return the scenario that an address asks for.
 *
 * @param {string} search the query of the address
 * @param {Map} parameters declarations of the parameters, by path
 * @param {string} defaultStructure the form of a side that the address does not name
 */
export function readScenario(search, parameters, defaultStructure) {
  const scenario = {
    shared: {},
    ...forEachSide(() => ({ structure: defaultStructure, values: {} })),
  };
  for (const [key, text] of new URLSearchParams(search)) {
    const [, side, path] = /^([ab])(?:\.(.+))?$/.exec(key) ?? [];
    if (side && !path) scenario[side].structure = text;
    else if (side && parameters.has(path))
      scenario[side].values[path] = readValue(text, parameters.get(path));
    else if (parameters.has(key)) scenario.shared[key] = readValue(text, parameters.get(key));
  }
  return scenario;
}

function readValue(text, parameter) {
  if (parameter.kind === "choice") return text;
  if (parameter.kind === "flag") return text === "true";
  return text === "null" ? null : Number(text);
}

/** Return the query of the address of a scenario. */
export function writeSearch(scenario, language) {
  const query = new URLSearchParams();
  for (const side of SIDES) {
    query.set(side, scenario[side].structure);
    for (const [path, value] of Object.entries(scenario[side].values))
      query.set(`${side}.${path}`, value);
  }
  for (const [path, value] of Object.entries(scenario.shared)) query.set(path, value);
  for (const [name, value] of Object.entries(extras)) query.set(name, value);
  query.set("lang", language);
  return `?${query}`;
}
