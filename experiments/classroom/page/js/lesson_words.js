// The texts of lessons in the reader's language: i18n/lessons.<language>.json.

import { fillIn } from "./i18n.js";

let words = {};

/** Fetch the words of a language. */
export async function loadLessonWords(language) {
  words = await (await fetch(`i18n/lessons.${language}.json`)).json();
}

/** Return a text of the controls and headings of lessons. */
export const getLessonText = (key, values = {}) => fillIn(words.ui[key] ?? key, values);

/** Return the texts of a lesson: title, lead, and those of each part. */
export const getLesson = (name) => words.lessons[name];

/** Return the name of a measure, of a control of a classic, or of a choice. */
export const translateInLesson = (kind, name) => words[kind][name] ?? name;
