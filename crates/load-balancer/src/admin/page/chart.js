// A chart of lines over time: axes, a legend, marks of events, and the values at a moment by pointer or arrow keys.
import { clock, make } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 170;
const EDGE = { left: 46, right: 8, top: 10, bottom: 22 };
/** Seconds between labels of the time axis. */
const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200];
const HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The next of 1, 2, 5, 10 … that is not less; `value` is 1 at least. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

const amount = (value) => (value >= 1000 ? `${Number((value / 1000).toFixed(1))}k` : String(Number(value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0))));

/** The parts of a line between which nothing is known. */
function parts(values, x, y) {
  const found = [[]];
  values.forEach((value, index) => {
    if (value === null) found.push([]);
    else found.at(-1).push(`${x(index).toFixed(1)},${y(value).toFixed(1)}`);
  });
  return found.filter((part) => part.length > 0);
}

export class Chart {
  constructor(host, name) {
    this.picture = svg("svg", { class: "plot", role: "img", tabindex: "0" });
    this.picture.setAttribute("aria-label", `${name}. Nothing is known yet.`);
    this.legend = make("p", "legend");
    this.readout = make("p", "readout quiet");
    this.readout.setAttribute("aria-live", "polite");
    this.name = name;
    this.at = null;
    host.append(this.picture, this.legend, this.readout);
    new ResizeObserver(() => this.draw()).observe(host);
    this.picture.addEventListener("pointermove", (event) => this.point(event));
    this.picture.addEventListener("pointerleave", () => this.move(null));
    this.picture.addEventListener("blur", () => this.move(null));
    this.picture.addEventListener("keydown", (event) => this.step(event));
  }

  /** `data`: `from` and `to` in milliseconds, `lines` of `{ name, kind, values }`, `marks` of `{ at, level, words }`. */
  show(data) {
    this.data = data;
    this.draw();
  }

  get slots() {
    return this.data?.lines[0].values.length ?? 0;
  }

  draw() {
    const width = this.picture.parentElement.clientWidth;
    if (!this.data || !width) return;
    const { from, to, lines, marks } = this.data;
    const inner = { width: width - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom };
    const top = ceiling(Math.max(1, ...lines.flatMap((line) => line.values.map((value) => value ?? 0))));
    const x_at = (time) => EDGE.left + ((time - from) / (to - from)) * inner.width;
    const x = (index) => EDGE.left + ((index + 0.5) / this.slots) * inner.width;
    const y = (value) => EDGE.top + inner.height - (value / top) * inner.height;
    this.x = x;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.picture.replaceChildren(
      ...[0, top / 2, top].flatMap((value) => [
        svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
        svg("text", { class: "label", x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, amount(value)),
      ]),
      ...this.hours(from, to, inner.width, x_at),
      ...marks.filter(({ at }) => at >= from && at <= to).map((mark) => this.mark(mark, x_at(mark.at))),
      ...lines.flatMap(({ kind, values }) => parts(values, x, y).map((points) => this.line(kind, points))),
    );
    this.picture.setAttribute("aria-label", `${this.name}. ${this.last()}`);
    this.legend.replaceChildren(...lines.map(({ name, kind }) => make("span", `key ${kind}`, name)));
    this.say();
  }

  line(kind, points) {
    // A single point has no length; a short stroke shows it.
    const [only] = points;
    const all = points.length > 1 ? points : [only, only.replace(/^[\d.]+/, (left) => (Number(left) + 2).toFixed(1))];
    return svg("polyline", { class: `line ${kind}`, points: all.join(" ") });
  }

  hours(from, to, width, x_at) {
    const most = Math.max(2, Math.floor(width / 70));
    const step = 1000 * (STEPS.find((seconds) => (to - from) / 1000 / seconds <= most) ?? STEPS.at(-1));
    // By the local clock, so that labels are round.
    const zone = new Date(from).getTimezoneOffset() * 60_000;
    const first = Math.ceil((from - zone) / step) * step + zone;
    const labels = [];
    for (let time = first; time <= to; time += step) {
      const anchor = x_at(time) > width + EDGE.left - 18 ? "end" : x_at(time) < EDGE.left + 18 ? "start" : "middle";
      labels.push(svg("text", { class: "label", x: x_at(time), y: HEIGHT - 6, "text-anchor": anchor }, HOUR.format(time)));
    }
    return labels;
  }

  mark({ level, words, at }, x) {
    const line = svg("line", { class: `mark ${level}`, x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom });
    line.append(svg("title", {}, `${clock(at)}: ${words}`));
    return line;
  }

  /** The newest values, in words. */
  last() {
    const values = this.data.lines.map(({ name, values }) => `${name} ${values.at(-1) === null ? "unknown" : amount(values.at(-1) ?? 0)}`);
    return `Now: ${values.join(", ")}`;
  }

  point(event) {
    const box = this.picture.getBoundingClientRect();
    const share = (event.clientX - box.left - EDGE.left) / (box.width - EDGE.left - EDGE.right);
    this.move(Math.min(this.slots - 1, Math.max(0, Math.floor(share * this.slots))));
  }

  step(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !this.slots) return;
    event.preventDefault();
    this.move(Math.min(this.slots - 1, Math.max(0, (this.at ?? this.slots) + by)));
  }

  move(at) {
    this.at = at;
    this.say();
  }

  say() {
    this.picture.querySelector(".cursor")?.remove();
    if (this.at === null || !this.data || this.at >= this.slots) {
      this.readout.textContent = "";
      return;
    }
    const { from, to, lines } = this.data;
    const x = this.x(this.at);
    this.picture.append(svg("line", { class: "cursor", x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
    const time = clock(from + ((to - from) * this.at) / this.slots);
    const values = lines.map(({ name, values }) => `${name} ${values[this.at] === null ? "–" : amount(values[this.at])}`);
    this.readout.textContent = `${time}: ${values.join(", ")}`;
  }
}
