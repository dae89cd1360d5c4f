"use strict";
// The front: designs by accuracy drop and cost; each with its blocks, its map and its command.
(() => {
  const { byId, data, drawn, element, narrow, number, palette, plot, style } = hawx;
  const front = data.front;
  if (!front) return;
  const kinds = {
    chosen: ["built", "star", 16, "#d55e00"], front: ["front", "circle", 9, "#0072b2"],
    exact: ["exact blocks", "square", 10, "#009e73"], precision: ["lower precision alone", "diamond", 10, "#cc79a7"],
    behind: ["near the front", "circle-open", 8, "#56b4e9"], uniform: ["one block everywhere", "triangle-up", 9, "#e69f00"],
  };
  const color = (block) => palette[Math.max(front.blocks.indexOf(block), 0) % palette.length];
  let selected = Math.max(front.points.findIndex((point) => point.kind === "chosen"), 0);
  const named = (point) => (point.number === null ? point.label : `Design ${point.number}: ${point.label}`);
  const images = { new: "new images", search: "search's images", test: "test images" };
  const points = (value) => `${value.toFixed(2)} points`;

  // Drops beyond these are of no interest until they are asked for.
  function limit(basis) {
    const drops = front.points.map((point) => point.drops[basis]).filter((drop) => drop !== undefined);
    const built = front.points[selected], high = basis === "new" && built.high !== null ? built.high : built.drops[basis] ?? 0;
    return Math.min(Math.max(...drops), Math.max(4 * front.most, 1.3 * high, 1));
  }

  function background(basis, metric) {
    const traces = [];
    if (metric !== front.objective || basis === "test") return traces;
    const suffix = basis === "new" ? ", on the search's images" : "";
    if (front.exhaustive) traces.push({
      name: `best of all ${number(front.exhaustive.assignments, 9)} assignments${suffix}`, mode: "lines", line: { shape: "vh", width: 5, color: style("--shade") },
      x: front.exhaustive.objectives, y: front.exhaustive.accuracy_drops, hoverinfo: "skip",
    });
    if (front.candidates.length) traces.push({
      name: `predicted only${suffix}`, mode: "markers", hoverinfo: "skip", marker: { size: 4, color: style("--faint"), opacity: 0.45 },
      x: front.candidates.map((each) => each[1]), y: front.candidates.map((each) => each[0]),
    });
    return traces;
  }

  // Those that no other beats in what is drawn, as steps.
  function steps(basis, metric) {
    const known = front.points.filter((point) => point.drops[basis] !== undefined).map((point) => [point.metrics[metric], point.drops[basis]]).sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    let least = Infinity;
    const best = known.filter(([, drop]) => drop < least && ((least = drop), true));
    return { name: "front", showlegend: false, mode: "lines", hoverinfo: "skip", line: { shape: "hv", width: 1, color: kinds.front[3] }, x: best.map((each) => each[0]), y: best.map((each) => each[1]) };
  }

  function drawFront() {
    const metric = byId("front-metric").value, basis = byId("front-basis").value;
    const traces = [...background(basis, metric), steps(basis, metric)];
    for (const [kind, [name, symbol, size, color]] of Object.entries(kinds)) {
      const numbers = [...front.points.keys()].filter((index) => front.points[index].kind === kind && front.points[index].drops[basis] !== undefined);
      if (!numbers.length) continue;
      const some = numbers.map((index) => front.points[index]);
      const interval = basis === "new" && kind !== "behind";
      traces.push({
        name, mode: "markers", customdata: numbers, marker: { symbol, size, color, line: { width: kind === "behind" ? 1.5 : 0.5, color: kind === "behind" ? color : style("--ground") } },
        x: some.map((point) => point.metrics[metric]), y: some.map((point) => point.drops[basis]),
        error_y: {
          type: "data", symmetric: false, thickness: 1, width: 0, color, visible: interval,
          array: some.map((point) => (point.high === null ? 0 : point.high - point.drops[basis])),
          arrayminus: some.map((point) => (point.low === null ? 0 : point.drops[basis] - point.low)),
        },
        text: some.map((point) => `<b>${named(point)}</b><br>${name}${point.size ? `, ${point.size}` : ""}`),
        hovertemplate: `%{text}<br>${front.titles[metric]}: %{x:,.5~g}<br>accuracy drop: %{y:.2f} points<extra></extra>`,
      });
    }
    const all = byId("front-all").checked, most = limit(basis);
    const bottom = Math.min(0, ...front.points.map((point) => (basis === "new" && point.low !== null ? point.low : point.drops[basis] ?? 0)));
    const highest = Math.max(...front.points.map((point) => (basis === "new" && point.high !== null ? point.high : point.drops[basis] ?? 0)));
    const top = all ? highest : most, margin = 0.06 * (top - bottom || 1);
    const chosen = front.points[selected];
    const ring = chosen.drops[basis] === undefined ? [] : [{ x: [chosen.metrics[metric]], y: [chosen.drops[basis]], mode: "markers", showlegend: false, hoverinfo: "skip", marker: { symbol: "circle-open", size: 24, color: style("--text"), line: { width: 2 } } }];
    plot("front-chart", [...traces, ...ring], {
      xaxis: { title: { text: front.titles[metric] }, tickformat: ",~r", nticks: narrow() ? 5 : 9 },
      yaxis: { title: { text: narrow() ? "accuracy drop, points" : "accuracy drop, percentage points" }, range: [bottom - margin, top + margin] },
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: front.most, y1: front.most, line: { dash: "dot", width: 1.5, color: style("--faint") } }],
      annotations: [{ xref: "paper", x: 1, y: front.most, text: "constraint", showarrow: false, xanchor: "right", yanchor: "bottom", font: { size: 11, color: style("--faint") } }],
      hovermode: "closest", dragmode: false,
    });
    const beyond = front.points.filter((point) => point.drops[basis] !== undefined && point.drops[basis] > most + margin).length;
    byId("front-beyond").textContent = beyond ? `Show ${beyond} more, beyond ${points(most)}` : "Show all";
    byId("front-all").disabled = !beyond && !all;
  }

  // The cells of a design, each by the blocks that it holds.
  function map(content) {
    const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg");
    const across = Math.max(...content.lines.map((line) => line.length));
    svg.setAttribute("viewBox", `0 0 ${across} ${content.lines.length}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `Map of the ${content.cell}s by block`);
    svg.setAttribute("class", "map");
    svg.style.maxWidth = `${Math.min(16, 1.3 * across)}rem`;
    content.lines.forEach((line, y) => line.forEach((kind, x) => {
      const blocks = content.kinds[kind];
      blocks.forEach((block, index) => {
        const rect = document.createElementNS(space, "rect");
        for (const [name, value] of Object.entries({ x: x + index / blocks.length, y, width: 1 / blocks.length, height: 1 })) rect.setAttribute(name, value);
        rect.setAttribute("fill", color(content.blocks[block]));
        svg.append(rect);
      });
      const title = document.createElementNS(space, "title");
      title.textContent = `${content.cell} ${y}, ${x}: ${blocks.map((block) => content.blocks[block]).join(" and ") || "nothing"}`;
      svg.lastChild?.append(title);
    }));
    const used = [...new Set(content.kinds.flat())];
    const legend = element("ul", undefined, { class: "legend" });
    for (const block of used) {
      const item = element("li", content.blocks[block]);
      const sample = element("span", "\u25a0 ", { "aria-hidden": "true" });
      sample.style.color = color(content.blocks[block]);
      item.prepend(sample);
      legend.append(item);
    }
    return [element("h4", `${content.cell[0].toUpperCase()}${content.cell.slice(1)}s by block`), svg, legend];
  }

  function pairs(entries) {
    const list = element("dl", undefined, { class: "compact" });
    for (const [name, text] of entries) list.append(element("dt", name), element("dd", text));
    return list;
  }

  function showPoint(index) {
    selected = index;
    const point = front.points[index], panel = byId("front-panel"), bases = Object.keys(front.drops);
    const drops = bases.filter((basis) => point.drops[basis] !== undefined).map((basis) => [`accuracy drop, ${images[basis]}`, points(point.drops[basis])]);
    if (point.low !== null) drops.splice(1, 0, ["95 % interval", `${point.low.toFixed(2)} to ${point.high.toFixed(2)}`]);
    drops.push(["accuracy, search's images", `${point.accuracy.toFixed(2)} %`]);
    const predicted = point.predicted_accuracy;
    if (predicted) drops.push(["predicted by the scores", `${predicted[0].toFixed(2)} %`], ["90 % interval", `${predicted[1].toFixed(2)} to ${predicted[2].toFixed(2)} %`]);
    panel.replaceChildren(
      element("h3", named(point)), element("p", `${kinds[point.kind][0]}${point.size ? `; ${point.size}` : ""}`),
      pairs([...drops, ...Object.entries(front.titles).map(([name, title]) => [title, point.metrics[name].toLocaleString("en-US", { minimumFractionDigits: front.decimals[name], maximumFractionDigits: front.decimals[name] })])]),
    );
    const layers = Object.entries(point.blocks);
    if (layers.length) panel.append(element("h4", "Blocks by layer, with their numbers of filters"), pairs(layers.map(([layer, blocks]) => [layer, Object.entries(blocks).map(([name, count]) => `${name}: ${number(count, 9)}`).join(", ")])));
    else panel.append(element("p", "All layers have exact blocks."));
    if (point.map !== null) panel.append(...map(front.maps[point.map]));
    panel.append(element("h4", "To build it"), point.command ? element("code", point.command) : element("p", "It is for comparison alone, and has no number to build it by."));
    byId("front-design").value = String(index);
    for (const line of document.querySelectorAll("#front-table tbody tr")) line.classList.toggle("selected", Number(line.dataset.point) === index);
  }
  const select = (index) => { showPoint(index); drawFront(); };

  for (const id of ["front-metric", "front-basis", "front-all"]) byId(id).addEventListener("change", drawFront);
  byId("front-design").addEventListener("change", (event) => select(Number(event.target.value)));
  byId("front-table").addEventListener("click", (event) => {
    const button = event.target.closest("button.show");
    if (button) select(Number(button.closest("tr").dataset.point));
  });
  let listens = false;
  drawn.push(() => {
    showPoint(selected);
    drawFront();
    if (!listens) byId("front-chart").on("plotly_click", (event) => {
      const index = event.points[0].customdata;
      if (typeof index === "number") select(index);
    });
    listens = true;
  });
})();
