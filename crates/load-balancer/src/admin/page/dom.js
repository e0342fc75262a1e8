// Small things that all parts of the page use.

export const $ = (id) => document.getElementById(id);

/** An element with a class, a text or children. */
export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.filter((part) => part !== null && part !== undefined && part !== ""));
  return element;
}

/** The child with this key; made from the template where there is none. */
export function keyed(parent, key, template) {
  let element = [...parent.children].find((child) => child.dataset.key === key);
  if (!element) {
    element = $(template).content.firstElementChild.cloneNode(true);
    element.dataset.key = key;
    parent.append(element);
  }
  return element;
}

export function drop_others(parent, keys) {
  for (const child of [...parent.children]) {
    if (!keys.includes(child.dataset.key)) child.remove();
  }
}

/** Sets a text only where it is another one: screen readers read what changes. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** A time of today by the clock; with its date where it is another day. */
export function clock(time) {
  const date = new Date(time);
  return date.toDateString() === new Date().toDateString() ? CLOCK.format(date) : DAY.format(date);
}

export const date_of = (time) => DATE.format(new Date(time));

export function time_element(time) {
  const element = make("time", "", clock(time));
  element.dateTime = time;
  element.title = new Date(time).toLocaleString();
  return element;
}

export function span_of(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export const seconds_since = (time) => (Date.now() - new Date(time)) / 1000;

export function short(number) {
  if (number >= 10_000) return `${(number / 1000).toFixed(1)}k`;
  return number >= 100 || Number.isInteger(number) ? String(Math.round(number)) : number.toFixed(1);
}

export function millis(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1000) return `${(value / 1000).toFixed(value >= 9950 ? 0 : 1)} s`;
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ms`;
}

export function bytes(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} MB`;
  return value >= 1000 ? `${(value / 1000).toFixed(1)} kB` : `${value} B`;
}

export function percent(part, whole) {
  if (!whole) return "0 %";
  const share = (100 * part) / whole;
  return `${share > 0 && share < 10 ? share.toFixed(1) : Math.round(share)} %`;
}

export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

for (const button of document.querySelectorAll("dialog .cancel")) {
  button.addEventListener("click", () => button.closest("dialog").close("cancel"));
}

/** What is chosen of some radio buttons; kept for the next visit. */
export function choice(name, changed) {
  const inputs = [...document.querySelectorAll(`input[name="${name}"]`)];
  const kept = inputs.find((input) => input.value === localStorage.getItem(name));
  if (kept) kept.checked = true;
  for (const input of inputs) {
    input.addEventListener("change", () => {
      localStorage.setItem(name, input.value);
      changed();
    });
  }
  return () => inputs.find((input) => input.checked).value;
}
