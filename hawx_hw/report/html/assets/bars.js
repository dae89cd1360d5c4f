"use strict";
// Stacked bars: where cycles and energy go.
(() => {
  const { byId, data, number, plot, narrow, drawn } = hawx;
  if (!data.bars) return;
  const short = (name) => (narrow() && name.length > 14 ? `${name.slice(0, 13)}\u2026` : name);
  const shown = (value, unit) => (unit !== "nJ" ? number(Math.round(value), 12) : value.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
  drawn.push(() => data.bars.forEach((content, index) => {
    const totals = content.bars.map((_, bar) => Object.values(content.parts).reduce((sum, values) => sum + values[bar], 0));
    const traces = Object.entries(content.parts).map(([name, values], place) => ({
      type: "bar", orientation: "h", name, y: content.bars, x: values,
      // Parts beyond the palette are told apart by their pattern too.
      marker: { color: hawx.palette[place % hawx.palette.length], pattern: place >= hawx.palette.length ? { shape: "/" } : undefined },
      customdata: values.map((value, bar) => (totals[bar] ? (100 * value) / totals[bar] : 0)),
      hovertemplate: `%{y}<br>${name}: %{x:,.4~g} ${content.unit} (%{customdata:.1f} %)<extra></extra>`,
    }));
    plot(`bars-${index}`, traces, {
      barmode: "stack", bargap: 0.25, margin: { l: 10, r: 60, t: 4, b: 44 },
      xaxis: { title: { text: content.unit }, tickformat: ",~r", nticks: narrow() ? 4 : 10 },
      yaxis: { autorange: "reversed", tickvals: content.bars, ticktext: content.bars.map((name) => `${short(name)} `) },
      annotations: totals.map((total, bar) => ({ x: total, y: content.bars[bar], text: ` ${shown(total, content.unit)}`, showarrow: false, xanchor: "left", font: { size: 12 } })),
    });
  }));
})();
