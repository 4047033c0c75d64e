// Both models together: selecting, partners, the search and the keys.
const OTHER = { before: "after", after: "before" };
const titleOf = (side) => facts.graphs[side].title;
const panel = document.getElementById("selected");
const views = {};
let selected = null;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function view(side) {
  const host = document.getElementById(`graph-${side}`);
  if (host && !views[side]) views[side] = new Graph(host, facts.graphs[side], (place) => select(side, place));
  return views[side];
}

function select(side, place) {
  selected = { side, place };
  const node = facts.graphs[side].nodes[place];
  view(side).mark(place, "selected");
  view(OTHER[side])?.mark(node.partner, "partner");
  describe(side, node);
}

function describe(side, node) {
  const numbers = `${node.parameters.toLocaleString("en")} parameters`;
  const lines = [element("p", `${titleOf(side)}: ${node.path}`, "path"), element("p", [node.class, node.shape, numbers].filter(Boolean).join(" · "))];
  if (node.first) lines.push(element("p", "The first layer that computes something else.", "no"));
  lines.push(...node.problems.map((text) => element("p", text, "no")));
  const changes = node.changes.length ? node.changes : node.rules;
  const list = element("ul");
  list.append(...changes.map((text) => element("li", text)));
  if (changes.length) lines.push(list); else if (facts.graphs[OTHER[side]]) lines.push(element("p", "Not changed."));
  const partner = facts.graphs[OTHER[side]]?.nodes[node.partner];
  if (facts.graphs[OTHER[side]]) lines.push(element("p", partner ? `On the other side: ${partner.path} (${partner.class})` : "It has no partner on the other side.", "note"));
  panel.replaceChildren(...lines);
}

const sides = Object.keys(OTHER).filter((side) => document.getElementById(`graph-${side}`));
const near = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) { near.disconnect(); sides.forEach(view); }
}, { rootMargin: "300px" });
near.observe(document.getElementById("picture"));
addEventListener("load", () => setTimeout(() => { near.disconnect(); sides.forEach(view); }));
addEventListener("beforeprint", () => sides.forEach((side) => view(side).showAll()));

document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
  const graph = view(button.dataset.side);
  if (button.dataset.zoom === "fit") graph.showAll(); else graph.zoomBy(button.dataset.zoom === "in" ? 1.5 : 1 / 1.5);
}));

sides.forEach((side) => {
  const host = document.getElementById(`graph-${side}`);
  host.addEventListener("pointerdown", () => host.focus({ preventScroll: true }));
  host.addEventListener("keydown", (event) => {
    const graph = view(side), here = selected?.side === side ? selected.place : null;
    const partner = here === null ? null : facts.graphs[side].nodes[here].partner;
    const actions = { "+": () => graph.zoomBy(1.5), "=": () => graph.zoomBy(1.5), "-": () => graph.zoomBy(1 / 1.5), 0: () => graph.showAll() };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow")) select(side, graph.neighbour(here, event.key));
    else if (event.key === "Enter" && partner !== null && view(OTHER[side])) {
      document.getElementById(`graph-${OTHER[side]}`).focus();
      select(OTHER[side], partner);
    } else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  });
});

// The search: a list of layers of both models below the field.
const field = document.getElementById("search"), list = document.getElementById("found");
const everything = sides.flatMap((side) => facts.graphs[side].nodes.map((node, place) => ({ side, place, node, text: `${node.path} ${node.class}`.toLowerCase() })));
let hits = [], active = 0;

function showHits() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  hits = words.length ? everything.filter(({ text }) => words.every((word) => text.includes(word))).slice(0, 50) : [];
  active = 0;
  list.replaceChildren(...hits.map(({ side, node }, place) => {
    const item = element("li");
    item.id = `found-${place}`;
    item.setAttribute("role", "option");
    item.append(node.path, element("small", `${node.class}, ${titleOf(side)}`));
    item.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(place); });
    return item;
  }));
  if (words.length && !hits.length) list.append(noHit());
  list.hidden = !words.length;
  field.setAttribute("aria-expanded", String(!list.hidden));
  markHit();
}

function noHit() {
  const item = element("li", "No layer has this name or class.");
  item.setAttribute("role", "option");
  item.setAttribute("aria-disabled", "true");
  return item;
}

function markHit() {
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(hits.length > 0 && place === active)));
  if (hits.length) field.setAttribute("aria-activedescendant", `found-${active}`); else field.removeAttribute("aria-activedescendant");
  list.children[active]?.scrollIntoView({ block: "nearest" });
}

function choose(place) {
  const { side, place: layer } = hits[place];
  close();
  select(side, layer);
  document.getElementById(`graph-${side}`).focus({ preventScroll: true });
}

function close() {
  list.hidden = true;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

field.addEventListener("input", showHits);
field.addEventListener("blur", close);
field.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") close();
  else if (step && hits.length) { active = (active + step + hits.length) % hits.length; markHit(); event.preventDefault(); }
  else if (event.key === "Enter" && hits.length) { choose(active); event.preventDefault(); }
});
addEventListener("keydown", (event) => {
  const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName);
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) { field.focus(); event.preventDefault(); }
});
