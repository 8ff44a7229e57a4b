// The settings stand in the address, so that a link is a scenario: ?a=hub&a.imitation.rate=0.1&b=alliance&run.seed=3

/** What else stands in the address, by name: where a lesson is. */
export const extras = {};

/** Return the scenario an address asks for. `parameters` (by path) tell how values are read. */
export function scenarioOf(search, parameters) {
  const scenario = { shared: {}, a: { structure: "alliance", values: {} }, b: { structure: "alliance", values: {} } };
  for (const [key, text] of new URLSearchParams(search)) {
    const side = /^([ab])(?:\.(.+))?$/.exec(key);
    if (side && !side[2]) scenario[side[1]].structure = text;
    else if (side && parameters.has(side[2])) scenario[side[1]].values[side[2]] = valueOf(text, parameters.get(side[2]));
    else if (parameters.has(key)) scenario.shared[key] = valueOf(text, parameters.get(key));
  }
  return scenario;
}

/** Return a value from its text. */
function valueOf(text, parameter) {
  if (parameter.kind === "choice") return text;
  if (parameter.kind === "flag") return text === "true";
  if (text === "null") return null;
  return Number(text);
}

/** Return the address of a scenario. */
export function searchOf(scenario, language) {
  const query = new URLSearchParams();
  for (const side of ["a", "b"]) {
    query.set(side, scenario[side].structure);
    for (const [path, value] of Object.entries(scenario[side].values)) query.set(`${side}.${path}`, value);
  }
  for (const [path, value] of Object.entries(scenario.shared)) query.set(path, value);
  for (const [name, value] of Object.entries(extras)) query.set(name, value);
  query.set("lang", language);
  return `?${query}`;
}
