// Words in the reader's language. Every text of the page stands in i18n/<language>.json.

export const LANGUAGES = ["en", "nl"];
let words = {};
export let language = "en";

/** Choose the language: the address first, then the last choice, then the browser's. */
export async function loadLanguage() {
  const asked = [new URLSearchParams(location.search).get("lang"), localStorage.getItem("language"), navigator.language.slice(0, 2)];
  language = asked.find((one) => LANGUAGES.includes(one)) ?? "en";
  words = await (await fetch(`i18n/${language}.json`)).json();
  document.documentElement.lang = language;
}

/** Return the text of a key; {name} is replaced by what `given` holds. */
export function t(key, given = {}) {
  const text = words.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "");
}

/** Return the name of a parameter. */
export const parameterName = (parameter) => words.parameters[parameter.path] ?? parameter.path;

/** Return what a parameter means: in English the declaration itself says it. */
export const parameterMeaning = (parameter) => words.meanings?.[parameter.path] ?? parameter.meaning;

/** Return the equation of a rule: the same in both languages unless it has words. */
export const equationOf = (rule) => (language === "nl" && rule.equation_nl) || rule.equation;

/** Return the name of a group of parameters, of a choice, of a form, of a sector or of a chart. */
export const named = (kind, name) => words[kind]?.[name] ?? name;

/** Return a number as the language writes it. */
export const number = (value, digits = 2) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Fill all elements that name a text. */
export function translatePage() {
  for (const element of document.querySelectorAll("[data-i18n]")) element.textContent = t(element.dataset.i18n);
  for (const element of document.querySelectorAll("[data-i18n-label]")) element.setAttribute("aria-label", t(element.dataset.i18nLabel));
  document.title = `Overbruggen – ${t("subtitle")}`;
}
