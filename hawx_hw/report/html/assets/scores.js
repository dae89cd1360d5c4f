"use strict";
// Where it hurts: activations, scores of operations and filters by layer, accuracy by hawx(model).
(() => {
  const { byId, data, drawn, narrow, number, palette, plot, style } = hawx;

  function drawLayer() {
    const layer = data.scores.layers[Number(byId("scores-layer").value)];
    plot("scores-activations", [{ type: "bar", x: layer.activations.map((_, code) => code - 128), y: layer.activations, marker: { color: palette[0], line: { width: 0 } }, hovertemplate: "code %{x}: %{y:.2%}<extra></extra>" }], {
      bargap: 0, xaxis: { title: { text: "code of the layer's input" }, range: [-128.5, 127.5], nticks: 7 },
      yaxis: { title: { text: narrow() ? "share" : "share of the activations" }, type: "log", tickvals: [1, 0.1, 0.01, 0.001, 0.0001], ticktext: ["100 %", "10 %", "1 %", "0.1 %", "0.01 %"] },
    });
    const curves = Object.entries(layer.operations).map(([name, [errors, above]]) => ({
      name, mode: "lines", line: { shape: "hv", color: palette[data.scores.blocks.indexOf(name) % palette.length], dash: ["solid", "dash", "dot"][data.scores.blocks.indexOf(name) % 3] }, x: errors, y: above,
      hovertemplate: `${name}: %{y:.1%} of the operations are above %{x:,.4~g}<extra></extra>`,
    }));
    plot("scores-operations", curves, {
      xaxis: { title: { text: "mean absolute error of a product" }, tickformat: ",~r", nticks: 5 }, yaxis: { title: { text: narrow() ? "share above" : "share of operations above" }, range: [0, 1.02], tickvals: [0, 0.2, 0.4, 0.6, 0.8, 1], ticktext: ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"] },
    });
    const scores = layer.filters.scores, largest = Math.max(...scores.flat(), 1e-12);
    const unit = data.scores.unit;
    byId("scores-filters").style.height = `${Math.max(14, 7 + 1.9 * data.scores.blocks.length)}rem`;
    plot("scores-filters", [{
      type: "heatmap", colorscale: "Cividis", z: scores.map((line) => line.map((score) => Math.log10(Math.max(score / largest, 1e-4)))), zmin: -4, zmax: 0, xgap: scores[0].length <= 64 ? 1 : 0, ygap: 1,
      customdata: scores, y: data.scores.blocks, hovertemplate: `${unit} %{x}<br>%{y}<br>score %{customdata:.3~g}<extra></extra>`,
      colorbar: { title: { text: narrow() ? "score" : "share of the layer's largest score", side: "right" }, tickvals: [-4, -3, -2, -1, 0], ticktext: ["\u2264 0.0001", "0.001", "0.01", "0.1", "1"], thickness: 14, outlinewidth: 0 },
    }], { xaxis: { title: { text: unit }, showgrid: false, ...(scores[0].length <= 16 ? { dtick: 1 } : {}) }, yaxis: { autorange: "reversed", ticksuffix: " ", showgrid: false } });
  }
  if (data.scores) {
    byId("scores-layer").addEventListener("change", drawLayer);
    drawn.push(drawLayer);
  }

  // Linear about zero and logarithmic beyond, as the predictor sees it.
  const bend = (value) => Math.asinh(value / 0.3);
  const ticks = [-10, -3, -1, -0.3, 0, 0.3, 1, 3, 10, 30, 100];
  function drawCurve() {
    const curve = data.accuracy, line = (place) => curve.fit.map((each) => bend(each[place]));
    const x = line(0), band = style("--shade");
    const axis = (title, values) => {
      const low = Math.min(...values), high = Math.max(...values), pad = 0.04 * (high - low || 1);
      return { title: { text: title }, tickvals: ticks.map(bend), ticktext: ticks.map(String), range: [low - pad, high + pad] };
    };
    const scores = curve.scores.map(bend), drops = curve.accuracy_drops.map(bend);
    plot("scores-accuracy", [
      { x, y: line(2), mode: "lines", line: { width: 0 }, showlegend: false, hoverinfo: "skip" },
      { x, y: line(3), mode: "lines", line: { width: 0 }, fill: "tonexty", fillcolor: band, name: "90 % interval", hoverinfo: "skip" },
      { x, y: line(1), mode: "lines", line: { color: palette[5], width: 2 }, name: "fit", customdata: curve.fit, hovertemplate: "hawx(model) %{customdata[0]:.2f} points<br>fit: drop %{customdata[1]:.2f} (%{customdata[2]:.2f} to %{customdata[3]:.2f})<extra></extra>" },
      { x: [bend(0), Math.max(...x)], y: [bend(0), Math.max(...x)], mode: "lines", line: { dash: "dot", width: 1, color: style("--faint") }, name: "drop as hawx(model)", hoverinfo: "skip" },
      {
        x: scores, y: drops, mode: "markers", marker: { size: 7, color: palette[0], line: { width: 0.5, color: style("--ground") } }, name: "evaluated",
        customdata: curve.scores.map((score, index) => [score, curve.accuracy_drops[index]]), hovertemplate: "hawx(model) %{customdata[0]:.2f} points<br>evaluated: drop %{customdata[1]:.2f} points<extra></extra>",
      },
    ], {
      xaxis: axis(narrow() ? "hawx(model), points" : "hawx(model): expected accuracy drop, percentage points", [...scores, ...x]),
      yaxis: axis(narrow() ? "accuracy drop, points" : "accuracy drop, percentage points", [...drops, ...line(1)]), hovermode: "closest", dragmode: false,
    });
  }
  if (data.accuracy) drawn.push(drawCurve);
})();
