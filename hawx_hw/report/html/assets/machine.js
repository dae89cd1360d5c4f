"use strict";
// Colors the drawing of the accelerator by layer.
(() => {
  const { machine } = JSON.parse(document.getElementById("data").textContent);
  if (!machine) return;
  const byId = (id) => document.getElementById(id);
  const palette = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8a8f98", "#332288", "#882255", "#117733"];
  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const number = (value, digits = 5) => value.toLocaleString("en-US", { maximumSignificantDigits: digits });
  const shade = (share) => `color-mix(in srgb, ${palette[0]} ${Math.round(8 + 92 * share)}%, var(--raised))`;

  function drawMachine() {
    const layer = machine.layers[Number(byId("machine-layer").value)];
    const colour = byId("machine-colour").value;
    const { cells, blocks, cell } = machine.map;
    const most = Math.max(...machine.layers.map((each) => each.energy_nj || 0), 1e-12);
    const across = Math.max(...cells.map((line) => line.length));
    const width = Math.max(across, 8);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${cells.length}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${machine.title}: ${cells.flat().length} ${cell}s in layer ${layer.name}`);
    cells.forEach((line, y) => line.forEach((content, x) => {
      const held = content.filter((index) => blocks[index] in layer.blocks);
      const rect = document.createElementNS(svg.namespaceURI, "rect");
      for (const [name, value] of Object.entries({ x: x + (width - across) / 2, y, width: 1, height: 1, rx: 0.12 })) rect.setAttribute(name, value);
      let fill = "var(--raised)";
      if (colour === "use") fill = shade(layer.utilization);
      else if (colour === "energy") fill = shade((layer.energy_nj || 0) / most);
      else if (held.length) fill = palette[held[0] % palette.length];
      rect.style.fill = fill;
      const title = document.createElementNS(svg.namespaceURI, "title");
      title.textContent = `${cell} ${y}, ${x}: ${content.map((index) => blocks[index]).join(" and ") || "nothing"}`;
      rect.append(title);
      svg.append(rect);
    }));
    byId("machine-drawing").replaceChildren(svg);
    byId("machine-name").textContent = layer.name;
    const list = element("ul");
    list.append(element("li", `${number(layer.cycles, 9)} cycles, ${(100 * layer.utilization).toFixed(1)} % of the multiplier-cycles useful`));
    if (layer.energy_nj !== null) list.append(element("li", `${number(layer.energy_nj)} nJ`));
    for (const [name, share] of Object.entries(layer.blocks)) {
      const item = element("li", `${(100 * share).toFixed(1)} % of the multiplications by ${name}`);
      const sample = element("span", "\u25a0 ", { "aria-hidden": "true" });
      sample.style.color = palette[blocks.indexOf(name) % palette.length];
      item.prepend(sample);
      list.append(item);
    }
    const parts = [element("h3", layer.name), list];
    if (machine.memories.length) {
      const memories = element("ul");
      for (const [kind, instances, bits, words] of machine.memories) memories.append(element("li", `${instances} ${kind} of ${number(words, 9)} words of ${bits} bits`));
      parts.push(element("h3", "Memories"), memories);
    }
    byId("machine-panel").replaceChildren(...parts);
  }
  for (const id of ["machine-layer", "machine-colour"]) byId(id).addEventListener("input", drawMachine);
  drawMachine();
})();
