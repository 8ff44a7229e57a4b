// Helpers to make and find elements. Text is always set as text, never as markup.

/** Return the element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Make an element.
 *
 * @param {string} tag name of the element
 * @param {object} properties set on it; `class`, `for`, `on…` and attributes with a dash work too
 * @param {...(Node|string|null)} children appended, except those that are null
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "for" || name === "role" || name === "list")
      element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Whether the reader asked for little motion. */
export const prefersLittleMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Return `action`, called at most once every `pause` milliseconds; the last call always counts. */
export function throttle(action, pause) {
  let timer = null;
  let lastCall = 0;
  let newest = [];
  return (...values) => {
    newest = values;
    if (timer !== null) return;
    const call = () => {
      timer = null;
      lastCall = performance.now();
      action(...newest);
    };
    timer = setTimeout(call, Math.max(0, lastCall + pause - performance.now()));
  };
}
