"use strict";
// What the parts of a page share: its numbers, colors, elements, and the style of its charts.
const hawx = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const { palette } = data;
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const number = (value, digits = 5) => value.toLocaleString("en-US", { maximumSignificantDigits: digits });

  const layout = (more) => {
    const axis = { gridcolor: style("--line"), zerolinecolor: style("--line"), linecolor: style("--line"), automargin: true };
    const made = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: palette,
      font: { family: "system-ui, sans-serif", size: 13, color: style("--text") },
      hoverlabel: { bgcolor: style("--text"), bordercolor: style("--text"), font: { color: style("--ground"), size: 13 }, align: "left", namelength: -1 },
      margin: { l: 60, r: 12, t: 10, b: 48 }, showlegend: false,
      ...more,
    };
    for (const key of Object.keys(made)) {
      if (!/^[xy]axis/.test(key)) continue;
      made[key] = { ...axis, ...made[key] };
      const title = made[key].title;
      if (title) made[key].title = { standoff: 10, ...title };
    }
    return made;
  };
  const options = { displaylogo: false, responsive: true, displayModeBar: false, scrollZoom: false };
  const plot = (id, traces, more) => Plotly.react(byId(id), traces, layout(more), options);
  const narrow = () => matchMedia("(max-width: 48rem)").matches;

  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : system.matches);
  // What is drawn again when the colors change.
  const drawn = [];
  const draw = () => drawn.forEach((each) => each());
  return { data, byId, palette, style, element, number, plot, narrow, dark, system, drawn, draw };
})();
