// Charts of the numbers that were compared. Each has a sentence and a table beside it that tell the same.
const SIZE = { width: 480, height: 320, left: 62, right: 16, top: 14, bottom: 44 };

function canvasOf(host, width) {
  const svg = d3.select(host).append("svg").attr("viewBox", `0 0 ${width} ${SIZE.height}`);
  const inner = { x0: SIZE.left, x1: width - SIZE.right, y0: SIZE.height - SIZE.bottom, y1: SIZE.top };
  const label = (text, x, y, anchor = "middle") => svg.append("text").attr("x", x).attr("y", y).attr("text-anchor", anchor).text(text);
  const axis = (made, x, y) => svg.append("g").attr("transform", `translate(${x},${y})`).call(made.tickSizeOuter(0));
  return { svg, inner, label, axis };
}

// Many dots as one path of lines without a length, whose round ends are the dots.
const dots = (points) => points.map(([x, y]) => `M${x.toFixed(1)},${y.toFixed(1)}h0`).join("");

function scatter(host, { before, after, axes, tolerance }) {
  const { svg, inner, label, axis } = canvasOf(host, SIZE.width);
  const domain = d3.extent([...before, ...after]);
  if (domain[0] === domain[1]) { domain[0] -= 1; domain[1] += 1; }
  const x = d3.scaleLinear(domain, [inner.x0, inner.x1]).nice();
  const y = d3.scaleLinear(domain, [inner.y0, inner.y1]).nice();
  axis(d3.axisBottom(x).ticks(5, "~g"), 0, inner.y0);
  axis(d3.axisLeft(y).ticks(5, "~g"), inner.x0, 0);
  const [low, high] = x.domain();
  svg.append("path").attr("class", "guide").attr("d", `M${x(low)},${y(low)}L${x(high)},${y(high)}`);
  const isBeyond = (place) => tolerance !== null && Math.abs(before[place] - after[place]) > tolerance;
  const places = [...before.keys()];
  const at = (place) => [x(before[place]), y(after[place])];
  svg.append("path").attr("class", "dots").attr("d", dots(places.filter((place) => !isBeyond(place)).map(at)));
  svg.append("path").attr("class", "dots beyond").attr("d", dots(places.filter(isBeyond).map(at)));
  label(axes[0], (inner.x0 + inner.x1) / 2, SIZE.height - 6);
  label(axes[1], inner.x0 + 6, inner.y1 + 8, "start");
}

function histogram(host, { bins, labels, allowed }) {
  const { svg, inner, label, axis } = canvasOf(host, SIZE.width);
  const x = d3.scaleBand(labels, [inner.x0, inner.x1]).padding(0.2);
  const y = d3.scaleLinear([0, Math.max(1, ...bins)], [inner.y0, inner.y1 + 16]);
  axis(d3.axisBottom(x), 0, inner.y0);
  axis(d3.axisLeft(y).ticks(5, "~s"), inner.x0, 0);
  bins.forEach((numbers, place) => {
    svg.append("rect").attr("class", place < allowed ? "bar" : "bar beyond").attr("x", x(labels[place]))
      .attr("width", x.bandwidth()).attr("y", y(numbers)).attr("height", inner.y0 - y(numbers));
    if (numbers) label(d3.format(",")(numbers), x(labels[place]) + x.bandwidth() / 2, y(numbers) - 5).attr("class", "value");
  });
  const limit = x(labels[allowed]) - (x.step() - x.bandwidth()) / 2;
  svg.append("path").attr("class", "limit").attr("d", `M${limit},${inner.y0}V${inner.y1}`);
  label("allowed", limit - 6, inner.y1 + 8, "end").attr("class", "limit-label");
  label("difference / tolerance, up to", (inner.x0 + inner.x1) / 2, SIZE.height - 6);
}

function layers(host, { ratios, equal, names, first }) {
  const { svg, inner, label, axis } = canvasOf(host, Math.max(320, Math.min(960, host.clientWidth)));
  const known = ratios.filter((ratio) => ratio > 0);
  const low = Math.min(1e-3, ...known), high = Math.max(10, ...known);
  const x = d3.scaleLinear([0, Math.max(1, ratios.length - 1)], [inner.x0 + 8, inner.x1 - 8]);
  const y = d3.scaleLog([low / 10, high], [inner.y0, inner.y1]).nice();
  axis(d3.axisBottom(x).ticks(6, "~d"), 0, inner.y0);
  const written = y.tickFormat(6, ".0~e"); // empty for what would be too close
  axis(d3.axisLeft(y).ticks(6).tickFormat((value) => (value === y.domain()[0] ? "equal" : written(value))), inner.x0, 0);
  svg.append("path").attr("class", "limit").attr("d", `M${inner.x0},${y(1)}H${inner.x1}`);
  label("allowed", inner.x1, y(1) - 5, "end").attr("class", "limit-label");
  const [bottom, top] = y.domain();
  const height = (ratio) => y(ratio === null ? top : Math.max(bottom, ratio));
  svg.append("path").attr("class", "along").attr("d", `M${ratios.map((ratio, place) => `${x(place).toFixed(1)},${height(ratio).toFixed(1)}`).join("L")}`);
  if (first) {
    const at = x(first.place), isLeft = at > (inner.x0 + inner.x1) / 2;
    svg.append("path").attr("class", "first-beyond").attr("d", `M${at},${inner.y0}V${inner.y1}`);
    label(first.name, at + (isLeft ? -6 : 6), inner.y0 - 8, isLeft ? "end" : "start").attr("class", "limit-label");
  }
  ratios.forEach((ratio, place) => {
    svg.append("path").attr("class", equal[place] ? "dots" : "dots beyond").attr("d", dots([[x(place), height(ratio)]]))
      .append("title").text(`${names[place]}: ${ratio === null ? "not comparable" : `${d3.format(".2~g")(ratio)} of the tolerance`}`);
  });
  label("layers, in their order", (inner.x0 + inner.x1) / 2, SIZE.height - 6);
  label("difference / tolerance", inner.x0 + 6, inner.y1 + 8, "start");
}

const DRAW = { scatter, histogram, layers };
function draw(host) {
  const kind = host.dataset.chart;
  DRAW[kind](host, kind === "layers" ? facts.layers : facts.outputs[Number(host.dataset.place)]);
}

// Charts are drawn when they come near, as a model may have a hundred outputs, and the others once the page is at rest.
const hosts = [...document.querySelectorAll("[data-chart]")];
const coming = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) { coming.unobserve(target); draw(target); }
}, { rootMargin: "600px" });
hosts.forEach((host) => coming.observe(host));
const left = [...hosts];
const rest = () => {
  const host = left.shift();
  if (!host) return;
  if (!host.firstChild) { coming.unobserve(host); draw(host); }
  setTimeout(rest);
};
addEventListener("load", () => setTimeout(rest));
addEventListener("beforeprint", () => hosts.filter((host) => !host.firstChild).forEach((host) => { coming.unobserve(host); draw(host); }));
