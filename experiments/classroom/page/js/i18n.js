// Words in the reader's language. Every text of the page is in i18n/<language>.json.

export const LANGUAGES = ["en", "nl"];
let words = {};
export let language = "en";

/** Choose the language: the address first, then the last choice, then the browser's. */
export async function loadLanguage() {
  const wishes = [
    new URLSearchParams(location.search).get("lang"),
    localStorage.getItem("language"),
    navigator.language.slice(0, 2),
  ];
  language = wishes.find((one) => LANGUAGES.includes(one)) ?? "en";
  words = await (await fetch(`i18n/${language}.json`)).json();
  document.documentElement.lang = language;
}

/** Replace every {name} in a text by its value. */
export const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** Return the text of a key. */
export const t = (key, values = {}) => fillIn(words.texts[key] ?? key, values);

/** Return the text of a key for a number: one has a text of its own. */
export const tCount = (key, n, values = {}) => t(n === 1 ? `${key}.one` : key, { n, ...values });

/** Return the name of a parameter: in words, or as it is declared. */
export const getParameterName = (parameter) =>
  words.parameters[parameter.path] ?? parameter.path.split(".").pop().replaceAll("_", " ");

/** Return the meaning of a parameter; the English one is its declaration. */
export const getParameterMeaning = (parameter) =>
  words.meanings?.[parameter.path] ?? parameter.meaning;

/** Return the equation of a rule; one without words is the same in both languages. */
export const getEquation = (rule) => (language === "nl" && rule.equation_nl) || rule.equation;

/** Return the name of a group of parameters, a choice, a form, a sector, a reason or a chart. */
export const translate = (kind, name) => words[kind]?.[name] ?? name;

/** Return a number as the language writes it. */
export const formatNumber = (value, digits = 2) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Return a share as a percentage, without the sign. */
export const formatPercent = (share) => formatNumber(100 * share, 0);

/** Fill all elements that name a text. */
export function translatePage(values) {
  for (const element of document.querySelectorAll("[data-i18n]"))
    element.textContent = t(element.dataset.i18n, values);
  for (const element of document.querySelectorAll("[data-i18n-label]"))
    element.setAttribute("aria-label", t(element.dataset.i18nLabel, values));
  document.title = `Overbruggen – ${t("subtitle")}`;
}
