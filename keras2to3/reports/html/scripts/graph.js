// One model as a graph: drawn once, then moved, zoomed and marked.
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const FAR = 0.45; // below this scale no name can be read

class Graph {
  constructor(host, graph, select) {
    Object.assign(this, { host, graph, select, current: null });
    this.plan = layout(graph);
    this.svg = d3.select(host).append("svg").attr("aria-hidden", "true");
    this.world = this.svg.append("g");
    this.drawLines();
    this.nodes = graph.nodes.map((node, place) => this.drawNode(node, place));
    this.zoom = d3.zoom().scaleExtent([0.01, 4]).filter((event) => this.isMeant(event)).on("zoom", ({ transform }) => this.move(transform));
    this.svg.call(this.zoom).on("dblclick.zoom", null);
    this.begin();
  }

  // The wheel scrolls the page unless the picture was clicked or Ctrl is held.
  isMeant(event) {
    return event.type === "wheel" ? event.ctrlKey || document.activeElement === this.host : !event.button;
  }

  drawLines() {
    const path = (inside) => this.plan.lines.filter((line) => line.inside === inside)
      .map(({ points }) => `M${points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`).join("");
    this.world.append("path").attr("class", "edge").attr("d", path(false));
    this.world.append("path").attr("class", "edge inside").attr("d", path(true));
    const heads = this.plan.lines.map(({ points }) => points[points.length - 1]).map(({ x, y }) => `M${x.toFixed(1)},${y.toFixed(1)}l-4,-7h8z`);
    this.world.append("path").attr("class", "head").attr("d", heads.join(""));
  }

  drawNode(node, place) {
    const { x, y, width, lines } = this.plan.places[place];
    const marks = ["node", node.rules.length || node.changes.length ? "changed" : "", node.problems.length ? "blocked" : "", node.first ? "first" : ""].filter(Boolean);
    const group = this.world.append("g").attr("class", marks.join(" ")).attr("transform", `translate(${x.toFixed(1)},${y.toFixed(1)})`);
    group.append("rect").attr("x", -width / 2).attr("y", -NODE.height / 2).attr("width", width).attr("height", NODE.height).attr("rx", 6);
    group.append("text").attr("text-anchor", "middle").attr("y", -3).text(lines[0]);
    group.append("text").attr("class", "about").attr("text-anchor", "middle").attr("y", 13).text(lines[1]);
    group.on("click", () => this.select(place));
    return group.node();
  }

  move(transform) {
    this.world.attr("transform", transform.toString()).classed("far", transform.k < FAR);
  }

  // The beginning of the model at a readable size; or the layer that is the first to differ, or in the way.
  begin() {
    const first = this.graph.nodes.findIndex((node) => node.first || node.problems.length);
    const { clientWidth, clientHeight } = this.host;
    const whole = Math.min(clientWidth / (this.plan.width + 40), clientHeight / (this.plan.height + 40));
    const scale = Math.min(1, Math.max(whole, Math.min(0.8, clientWidth / (this.plan.width + 40)), 0.3));
    this.svg.call(this.zoom.transform, d3.zoomIdentity.translate((clientWidth - this.plan.width * scale) / 2, 20).scale(scale));
    if (first >= 0) this.show(first, 0);
  }

  showAll() {
    const { clientWidth, clientHeight } = this.host;
    const scale = Math.min(1.5, clientWidth / (this.plan.width + 40), clientHeight / (this.plan.height + 40));
    const left = (clientWidth - this.plan.width * scale) / 2, top = (clientHeight - this.plan.height * scale) / 2;
    this.moving().call(this.zoom.transform, d3.zoomIdentity.translate(left, top).scale(scale));
  }

  zoomBy(factor) { this.moving().call(this.zoom.scaleBy, factor); }

  moving(duration = 250) {
    this.svg.interrupt();
    return isCalm() || !duration ? this.svg : this.svg.transition().duration(duration);
  }

  show(place, duration) {
    const { x, y } = this.plan.places[place];
    const scale = Math.max(d3.zoomTransform(this.svg.node()).k, 0.7);
    const { clientWidth, clientHeight } = this.host;
    this.moving(duration).call(this.zoom.transform, d3.zoomIdentity.translate(clientWidth / 2 - x * scale, clientHeight / 2 - y * scale).scale(scale));
  }

  mark(place, name) {
    this.nodes.forEach((node, each) => {
      node.classList.toggle("selected", each === place && name === "selected");
      node.classList.toggle("partner", each === place && name === "partner");
    });
    if (place !== null) { this.nodes[place].parentNode.append(this.nodes[place]); this.show(place); }
  }

  // The layer that an arrow leads to: along the edges, or beside in the order of reading.
  neighbour(place, key) {
    if (place === null) return 0;
    if (key === "ArrowDown") return this.plan.next[place][0] ?? place;
    if (key === "ArrowUp") return this.plan.previous[place][0] ?? place;
    this.order ??= [...this.plan.places.keys()].sort((a, b) => this.plan.places[a].y - this.plan.places[b].y || this.plan.places[a].x - this.plan.places[b].x);
    const beside = this.order.indexOf(place) + (key === "ArrowRight" ? 1 : -1);
    return this.order[Math.min(this.order.length - 1, Math.max(0, beside))];
  }
}
