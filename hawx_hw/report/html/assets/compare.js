"use strict";
// Fronts of several searches, one over the other.
(() => {
  const { byId, data, drawn, narrow, palette, plot, style } = hawx;
  if (!data.fronts?.length) return;
  const symbols = ["circle", "diamond", "square", "triangle-up", "cross", "x"];
  function drawFronts() {
    const metric = byId("fronts-metric").value, traces = [];
    data.fronts.forEach((series, place) => {
      const color = palette[place % palette.length], symbol = symbols[place % symbols.length];
      const x = series.metrics[metric], y = series.drops;
      const known = x.map((cost, index) => [cost, y[index]]).sort((one, other) => one[0] - other[0] || one[1] - other[1]);
      let least = Infinity;
      const best = known.filter(([, drop]) => drop < least && ((least = drop), true));
      traces.push(
        { name: `${series.name}, front`, mode: "lines", hoverinfo: "skip", line: { shape: "hv", width: 1.5, color }, x: best.map((each) => each[0]), y: best.map((each) => each[1]) },
        {
          name: series.name, mode: "markers", x, y, text: series.labels.map((label, index) => `<b>${series.name}, design ${index}</b><br>${label}${index === series.built ? "<br>built" : ""}`),
          marker: { color, symbol, size: x.map((_, index) => (index === series.built ? 15 : 8)), line: { width: x.map((_, index) => (index === series.built ? 2 : 0.5)), color: style("--text") } },
          hovertemplate: `%{text}<br>${data.front_titles[metric]}: %{x:,.5~g}<br>accuracy drop: %{y:.2f} points<extra></extra>`,
        },
      );
    });
    const drops = data.fronts.flatMap((series) => series.drops), built = data.fronts.flatMap((series) => (series.built === null ? [] : [series.drops[series.built]]));
    const most = Math.min(Math.max(...drops), Math.max(2, ...built.map((drop) => 2 * drop))), least = Math.min(0, ...drops), pad = 0.06 * (most - least || 1);
    plot("fronts-chart", traces, {
      xaxis: { title: { text: data.front_titles[metric] }, tickformat: ",~r", nticks: narrow() ? 5 : 9 },
      yaxis: { title: { text: narrow() ? "accuracy drop, points" : "accuracy drop, percentage points" }, range: [least - pad, most + pad] },
      hovermode: "closest", dragmode: false,
    });
  }
  byId("fronts-metric").addEventListener("change", drawFronts);
  drawn.push(drawFronts);
})();
