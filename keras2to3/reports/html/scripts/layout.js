// Places of the layers of a graph. Runs of layers without a branch are placed as one, so that dagre places what branches.
const NODE = { height: 42, gap: 28, least: 96, most: 232, letter: 6.9, letters: 30 };

const shortened = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

function sized(node) {
  const about = [node.first ? "first difference" : "", node.problems.length ? "in the way" : "", node.class, node.shape].filter(Boolean).join(" · ");
  const lines = [shortened(node.name, NODE.letters), shortened(about, NODE.letters + 4)];
  const width = Math.max(...lines.map((line) => line.length)) * NODE.letter + 20;
  return { lines, width: Math.min(NODE.most, Math.max(NODE.least, width)) };
}

// Edges between layers, and from a nested model to those of its layers that nothing beside them leads to.
function connections({ nodes, edges }) {
  const found = new Map();
  const add = (source, target, inside) => { if (source !== target) found.set(`${source} ${target}`, { source, target, inside }); };
  edges.forEach(([source, target]) => add(source, target, false));
  const led = new Set(edges.filter(([source, target]) => nodes[source].parent === nodes[target].parent).map(([, target]) => target));
  nodes.forEach((node, place) => { if (node.parent !== null && !led.has(place)) add(node.parent, place, true); });
  return [...found.values()];
}

function runsOf(count, links) {
  const next = Array.from({ length: count }, () => []), previous = Array.from({ length: count }, () => []);
  for (const { source, target } of links) { next[source].push(target); previous[target].push(source); }
  const goesOn = (place) => next[place].length === 1 && previous[next[place][0]].length === 1;
  const begins = (place) => !(previous[place].length === 1 && next[previous[place][0]].length === 1);
  const runs = [], runOf = new Array(count).fill(-1);
  const follow = (first) => {
    const run = [];
    for (let place = first; runOf[place] === -1; place = next[place][0]) {
      runOf[place] = runs.length;
      run.push(place);
      if (!goesOn(place)) break;
    }
    if (run.length) runs.push(run);
  };
  for (let place = 0; place < count; place += 1) if (begins(place)) follow(place);
  for (let place = 0; place < count; place += 1) follow(place); // what is left goes round in a circle
  return { runs, runOf, next, previous };
}

function layout(graph) {
  const sizes = graph.nodes.map(sized), links = connections(graph);
  const { runs, runOf, next, previous } = runsOf(graph.nodes.length, links);
  const planned = new dagre.graphlib.Graph();
  planned.setGraph({ nodesep: 24, ranksep: NODE.gap, ranker: runs.length > 150 ? "longest-path" : "network-simplex" });
  planned.setDefaultEdgeLabel(() => ({}));
  runs.forEach((run, place) => planned.setNode(String(place), {
    width: Math.max(...run.map((each) => sizes[each].width)),
    height: run.length * NODE.height + (run.length - 1) * NODE.gap,
  }));
  const isWithin = ({ source, target }) => runOf[source] === runOf[target];
  const between = links.filter((link) => !isWithin(link));
  between.forEach(({ source, target }) => planned.setEdge(String(runOf[source]), String(runOf[target])));
  dagre.layout(planned);
  const places = new Array(graph.nodes.length);
  runs.forEach((run, place) => {
    const { x, y, height } = planned.node(String(place));
    run.forEach((each, step) => { places[each] = { ...sizes[each], x, y: y - height / 2 + NODE.height / 2 + step * (NODE.height + NODE.gap) }; });
  });
  const straight = ({ source, target }) => [places[source], places[target]].map(({ x, y }, end) => ({ x, y: y + (end ? -1 : 1) * NODE.height / 2 }));
  // A line leaves a layer below and arrives above, wherever the run around it was met.
  const onto = (place, side, { x }) => {
    const half = places[place].width / 2 - 10;
    return { x: Math.min(places[place].x + half, Math.max(places[place].x - half, x)), y: places[place].y + side * NODE.height / 2 };
  };
  const bends = (link) => {
    if (isWithin(link)) return straight(link);
    const { points } = planned.edge(String(runOf[link.source]), String(runOf[link.target]));
    return [onto(link.source, 1, points[0]), ...points.slice(1, -1), onto(link.target, -1, points[points.length - 1])];
  };
  const lines = links.map((link) => ({ inside: link.inside, points: bends(link) }));
  const { width, height } = planned.graph();
  return { places, lines, width, height, next, previous };
}
