// What lessons say, in the reader's language: i18n/lessons.<language>.json.

let words = {};

/** Fetch the words of a language. */
export async function loadLessonWords(language) {
  words = await (await fetch(`i18n/lessons.${language}.json`)).json();
}

/** Return a text with {names} filled in. */
export const filled = (text, given) => text.replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "");

/** Return a text of the lessons' own controls and headings. */
export const say = (key, given = {}) => filled(words.ui[key] ?? key, given);

/** Return what a lesson says: title, lead, and per part situation, question, options, answers, why, try. */
export const lessonTexts = (name) => words.lessons[name];

/** Return the name of a measure, of a control of a classic, or of a choice. */
export const called = (kind, name) => words[kind][name] ?? name;
