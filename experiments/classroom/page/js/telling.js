// What happens, in words: captions of the round, and a summary of what the network shows.

import { named, number, t } from "./i18n.js";

const REASONS = ["solved", "surplus", "deadline", "term", "members", "turnover"];
const MOST_SAID = 2;

/** Return the caption of what happened on a side, or "" when nothing did. */
export function caption(world) {
  if (!world.happened) return "";
  const said = [];
  if (world.renewed.length) said.push(t("caption.renewed", { field: world.renewed.at(-1) + 1 }));
  for (const reason of REASONS) {
    const n = world.ended[reason];
    if (n) said.push(t(n === 1 ? `caption.${reason}.one` : `caption.${reason}`, { n }));
  }
  if (world.entered) said.push(t(world.entered === 1 ? "caption.entered.one" : "caption.entered", { n: world.entered }));
  if (world.started) said.push(t(world.started === 1 ? "caption.started.one" : "caption.started", { n: world.started }));
  if (world.copied) said.push(t(world.copied === 1 ? "caption.copied.one" : "caption.copied", { n: world.copied }));
  return said.slice(0, MOST_SAID).join(" · ");
}

/** Return one sentence on what the network of a side shows. */
export function summary(world, count) {
  const teams = world.teams.size;
  if (!teams) return t("summary.none", { count });
  return t(teams === 1 ? "summary.one" : "summary", { teams, working: world.working(), count });
}

/** Return what else can be seen in the network: the largest team and how many fields somebody is best in. */
function detail(world) {
  const largest = Math.max(0, ...[...world.teams.values()].map((team) => team.members.length));
  return t("summary.detail", { largest, fields: new Set(world.strongest).size });
}

/** Return what a reader of the screen hears of both sides. */
export function spoken(worlds, charts) {
  const side = (name) => {
    const row = worlds[name].series[worlds.round - 1];
    const values = row ? charts.map((chart, at) => `${named("charts", chart.name)} ${number(row[at])}`).join(", ") : "";
    return `${name.toUpperCase()}: ${summary(worlds[name], worlds.places.length)}. ${detail(worlds[name])} ${values}`;
  };
  return `${t("round", { round: worlds.round })}. ${side("a")}. ${side("b")}.`;
}
