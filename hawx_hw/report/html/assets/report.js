"use strict";
// Draws the charts of a report from the numbers in the page, and makes its tables sort and copy.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  // Okabe and Ito's colours: apart for every kind of colour vision.
  const palette = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8a8f98", "#332288", "#882255", "#117733"];
  const kinds = {
    chosen: ["built", "star", 16, "#d55e00"], front: ["front", "circle", 9, "#0072b2"],
    exact: ["exact blocks", "square", 10, "#009e73"], uniform: ["one block everywhere", "diamond", 9, "#e69f00"],
    behind: ["near the front", "circle-open", 8, "#56b4e9"],
  };
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const number = (value, digits = 5) => value.toLocaleString("en-US", { maximumSignificantDigits: digits });

  const layout = (more) => {
    const axis = { gridcolor: style("--line"), zerolinecolor: style("--line"), automargin: true };
    const made = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: palette,
      font: { family: "system-ui, sans-serif", size: 13, color: style("--text") },
      margin: { l: 60, r: 15, t: 30, b: 50 },
      legend: { orientation: "h", yanchor: "bottom", y: 1.02, x: 0, traceorder: "normal" }, ...more,
    };
    for (const key of Object.keys(made)) if (/^[xy]axis/.test(key)) made[key] = { ...axis, ...made[key] };
    return made;
  };
  const options = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  const plot = (id, traces, more) => Plotly.react(byId(id), traces, layout(more), options);

  // The front.
  const front = data.front;
  let selected = front ? Math.max(front.points.findIndex((point) => point.kind === "chosen"), 0) : 0;

  function drawFront() {
    const metric = byId("front-metric").value;
    const traces = [];
    if (metric === front.objective && front.candidates.length) {
      traces.push({
        name: "predicted only", mode: "markers", hoverinfo: "skip",
        x: front.candidates.map((each) => each[1]), y: front.candidates.map((each) => each[0]),
        marker: { size: 4, color: style("--faint"), opacity: 0.45 },
      });
    }
    for (const [kind, [name, symbol, size, colour]] of Object.entries(kinds)) {
      const numbers = [...front.points.keys()].filter((index) => front.points[index].kind === kind);
      if (!numbers.length) continue;
      const points = numbers.map((index) => front.points[index]);
      traces.push({
        name, mode: "markers", customdata: numbers, marker: { symbol, size, color: colour },
        x: points.map((point) => point.metrics[metric]), y: points.map((point) => point.accuracy_drop),
        error_y: {
          type: "data", symmetric: false, thickness: 1, width: 0, color: colour,
          array: points.map((point) => (point.high === null ? 0 : point.high - point.accuracy_drop)),
          arrayminus: points.map((point) => (point.low === null ? 0 : point.accuracy_drop - point.low)),
          visible: kind === "chosen" || kind === "front",
        },
        text: points.map((point) => `${point.label}${point.size ? `, ${point.size}` : ""}`),
        hovertemplate: "%{text}<br>%{x:,.5~g}, drop %{y:.2f} points<extra></extra>",
      });
    }
    const limit = { type: "line", xref: "paper", x0: 0, x1: 1, y0: front.most, y1: front.most, line: { dash: "dot", width: 1, color: style("--faint") } };
    plot("front-chart", traces, {
      xaxis: { title: { text: front.titles[metric] } }, yaxis: { title: { text: "accuracy drop, percentage points" } },
      shapes: [limit], hovermode: "closest",
    });
  }

  function showPoint(index) {
    selected = index;
    const point = front.points[index];
    const panel = byId("front-panel");
    const drop = point.low === null ? "" : ` (${point.low.toFixed(2)} to ${point.high.toFixed(2)} with 95 %)`;
    panel.replaceChildren(
      element("h3", point.number === null ? point.label : `Design ${point.number}: ${point.label}`),
      element("p", `${kinds[point.kind][0]}${point.size ? `; ${point.size}` : ""}; accuracy drop ${point.accuracy_drop.toFixed(2)} points${drop}`),
    );
    const metrics = element("ul");
    for (const [name, title] of Object.entries(front.titles)) metrics.append(element("li", `${title}: ${number(point.metrics[name])}`));
    panel.append(metrics);
    const layers = Object.entries(point.blocks);
    if (layers.length) {
      const list = element("ul");
      for (const [layer, blocks] of layers) {
        const shares = Object.entries(blocks).map(([name, count]) => `${name} in ${count}`).join(", ");
        list.append(element("li", `${layer}: ${shares}`));
      }
      panel.append(element("p", "Blocks by layer, with numbers of filters:"), list);
    }
    if (point.command) panel.append(element("p", "To build it: "), element("code", point.command));
    for (const line of document.querySelectorAll("#front-table tbody tr")) line.classList.toggle("selected", Number(line.dataset.point) === index);
  }

  function drawAccuracy() {
    const points = front.points.filter((point) => point.predicted_accuracy);
    if (!points.length) return;
    const ends = points.flatMap((point) => [...point.predicted_accuracy, point.accuracy]);
    const range = [Math.min(...ends), Math.max(...ends)];
    plot("front-accuracy", [
      { name: "predicted as evaluated", mode: "lines", x: range, y: range, hoverinfo: "skip", line: { dash: "dot", width: 1, color: style("--faint") } },
      {
        name: "designs, with intervals of 90 %", mode: "markers", x: points.map((point) => point.accuracy), y: points.map((point) => point.predicted_accuracy[0]),
        error_y: {
          type: "data", symmetric: false, thickness: 1, width: 0,
          array: points.map((point) => point.predicted_accuracy[2] - point.predicted_accuracy[0]),
          arrayminus: points.map((point) => point.predicted_accuracy[0] - point.predicted_accuracy[1]),
        },
        text: points.map((point) => point.label), hovertemplate: "%{text}<br>evaluated %{x:.2f} %, predicted %{y:.2f} %<extra></extra>", marker: { size: 8, color: palette[0] },
      },
    ], { xaxis: { title: { text: "evaluated accuracy on the search's images, %" } }, yaxis: { title: { text: "predicted accuracy, %" } }, hovermode: "closest" });
  }

  if (front) {
    byId("front-metric").addEventListener("change", drawFront);
    byId("front-table").addEventListener("click", (event) => {
      if (event.target.closest("button.show")) showPoint(Number(event.target.closest("tr").dataset.point));
    });
  }

  // The scores.
  function drawScores() {
    const layer = data.scores.layers[Number(byId("scores-layer").value)];
    plot("scores-activations", [{ type: "bar", x: layer.activations.map((_, code) => code - 128), y: layer.activations, marker: { color: palette[0] }, hovertemplate: "code %{x}: %{y:.2%}<extra></extra>" }], {
      title: { text: "activations", font: { size: 14 } }, bargap: 0, xaxis: { title: { text: "code of the layer's input" } },
      yaxis: { title: { text: "share" }, type: "log", dtick: 1, exponentformat: "power" },
    });
    const curves = Object.entries(layer.operations).map(([name, [errors, above]]) => ({ name, mode: "lines", line: { shape: "hv" }, x: errors, y: above, hovertemplate: `${name}: %{y:.1%} above %{x:,.4~g}<extra></extra>` }));
    plot("scores-operations", curves, {
      title: { text: "hawx(o)", font: { size: 14 } }, xaxis: { title: { text: "mean absolute error of a product" } },
      yaxis: { title: { text: "share of operations above" }, range: [0, 1] }, legend: { orientation: "v", x: 1, xanchor: "right", y: 1 },
    });
    const scores = layer.filters.scores;
    const largest = Math.max(...scores.flat(), 1e-12);
    plot("scores-filters", [{
      type: "heatmap", colorscale: "Cividis", z: scores.map((line) => line.map((score) => Math.log10(Math.max(score / largest, 1e-6)))), zmin: -6, zmax: 0,
      customdata: scores, y: data.scores.blocks, hovertemplate: `${data.scores.unit} %{x}<br>%{y}<br>score %{customdata:.3~g}<extra></extra>`,
      colorbar: { title: { text: "of the largest" }, tickvals: [-6, -4, -2, 0], ticktext: ["1e-6", "1e-4", "1e-2", "1"] },
    }], { title: { text: `hawx(f), by ${data.scores.unit}`, font: { size: 14 } }, xaxis: { title: { text: data.scores.unit } }, yaxis: { autorange: "reversed" } });
  }
  if (data.scores) byId("scores-layer").addEventListener("change", drawScores);

  // Bars.
  const drawBars = () => data.bars.forEach((content, index) => {
    const traces = Object.entries(content.parts).map(([name, values]) => ({
      type: "bar", orientation: "h", name, y: content.bars, x: values, hovertemplate: `${name}: %{x:,.5~g} ${content.unit}<extra>%{y}</extra>`,
    }));
    byId(`bars-${index}`).style.height = `${9 + 2.2 * content.bars.length}rem`;
    plot(`bars-${index}`, traces, { barmode: "stack", xaxis: { title: { text: content.unit } }, yaxis: { autorange: "reversed" }, margin: { l: 110, r: 15, t: 60, b: 45 } });
  });

  // Tables.
  const value = (cell) => {
    const text = cell.textContent.trim();
    const found = text.replace(/,/g, "").match(/^[-+]?[\d.]+(e[-+]?\d+)?/i);
    return found && text !== "" ? Number(found[0]) : text.toLowerCase();
  };
  function sort(table, column, heading) {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const each of table.tHead.rows[0].cells) if (each.hasAttribute("aria-sort")) each.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const lines = [...table.tBodies[0].rows].map((line, place) => [value(line.cells[column]), place, line]);
    lines.sort(([one, i], [other, j]) => {
      const order = typeof one === typeof other ? (one < other ? -1 : one > other ? 1 : 0) : typeof one === "number" ? -1 : 1;
      return (up ? order : -order) || i - j;
    });
    table.tBodies[0].append(...lines.map((each) => each[2]));
  }
  const csv = (table) => [...table.rows].map((line) => [...line.cells].map((cell) => `"${cell.textContent.trim().replace(/"/g, '""')}"`).join(",")).join("\r\n");
  async function copy(button) {
    const text = csv(button.closest("figure").querySelector("table"));
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Pages of a file may not reach the clipboard everywhere: a field to copy from.
      const field = element("textarea", text, { rows: 6, "aria-label": "The table as CSV", style: "width:100%" });
      button.closest("figure").append(field);
      field.select();
    }
    setTimeout(() => { button.textContent = "Copy as CSV"; }, 2000);
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = heading.querySelector("button");
      if (button) button.addEventListener("click", () => sort(table, column, heading));
    });
  }
  for (const button of document.querySelectorAll("button.copy")) button.addEventListener("click", () => copy(button));

  // Light and dark.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : system.matches);
  function draw() {
    byId("theme").textContent = dark() ? "Light" : "Dark";
    byId("theme").setAttribute("aria-pressed", String(dark()));
    if (front) { drawFront(); drawAccuracy(); showPoint(selected); }
    if (data.scores) drawScores();
    drawBars();
  }
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    draw();
  });
  system.addEventListener("change", draw);
  draw();
  if (front) byId("front-chart").on("plotly_click", (event) => {
    const index = event.points[0].customdata;
    if (index !== undefined) showPoint(index);
  });
  document.documentElement.dataset.ready = "true";
})();
