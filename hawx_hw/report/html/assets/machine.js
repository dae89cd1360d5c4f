"use strict";
// Colors the drawing of the accelerator by layer, and shows what is known of what is chosen on it.
(() => {
  const { data: { machine }, byId, element } = hawx;
  if (!machine) return;
  const number = (value, digits = 4) => hawx.number(value, digits);
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const drawing = byId("machine-drawing");
  const cells = [...drawing.querySelectorAll("[data-cell]")].map((group) => ({
    group, rects: [...group.querySelectorAll("rect")], letters: [...group.querySelectorAll("text")], title: group.querySelector("title"),
  }));
  const units = [...drawing.querySelectorAll("[data-unit]")].map((group) => ({
    group, id: group.dataset.unit, rect: group.querySelector("rect"), title: group.querySelector("title"), name: group.querySelector("title").textContent,
  }));
  const sum = (values) => values.reduce((one, other) => one + other, 0);
  const energyOf = (layer, use) => (use.energy_nj === null ? null : sum(use.energy_nj) + (layer.cell_rest_nj || 0));
  // The largest energy of anything in any layer is the end of the scale; a thousandth of it is its begin.
  const most = Math.max(1e-9, ...machine.layers.flatMap((layer) => [...Object.values(layer.units_nj), ...layer.uses.map((use) => energyOf(layer, use) || 0)]));
  const logarithmic = (energy) => (energy > 0 ? Math.max(0, Math.min(1, 1 + Math.log10(energy / most) / 3)) : 0);
  // From the ground to one dark (or, on dark ground, light) blue: read without seeing hues.
  const shade = (share) => `color-mix(in oklab, var(--full) ${Math.round(100 * share)}%, var(--empty))`;
  const ink = (share) => (share > 0.62 ? "var(--on-full)" : "var(--text)");
  let chosen = null;

  const held = (index) => machine.holds[index].map((block) => machine.blocks[block]);
  function cellText(layer, index) {
    const use = layer.uses[layer.cells[index]];
    const parts = held(index).map((name, place) => (use.busy[place] ? `${name}, ${percent(use.busy[place])} busy` : `${name}, not in use`));
    const energy = energyOf(layer, use);
    return `${machine.cell} ${machine.names[index]}: ${parts.join("; ") || "nothing"}${energy === null ? "" : `; ${number(energy)} nJ`}`;
  }
  const unitText = (layer, unit) => unit.name + (unit.id in layer.units_nj ? `; ${number(layer.units_nj[unit.id])} nJ` : "");

  function color(layer, mode) {
    cells.forEach(({ rects, letters, title }, index) => {
      const use = layer.uses[layer.cells[index]];
      const energy = energyOf(layer, use);
      rects.forEach((rect, place) => {
        const idle = !use.busy[place];
        rect.classList.toggle("idle", mode === "block" && idle);
        const share = mode === "busy" ? use.busy[place] : logarithmic(energy || 0);
        rect.style.fill = mode === "block" ? "" : shade(share);
        if (letters[place]) {
          letters[place].classList.toggle("idle", mode === "block" && idle);
          letters[place].style.fill = mode === "block" ? "" : ink(share);
        }
      });
      title.textContent = cellText(layer, index);
    });
    for (const unit of units) {
      const energy = layer.units_nj[unit.id];
      const known = mode === "energy" && energy !== undefined;
      unit.rect.style.fill = known ? shade(logarithmic(energy)) : "";
      for (const text of unit.group.querySelectorAll("text")) text.style.fill = known ? ink(logarithmic(energy)) : "";
      unit.title.textContent = unitText(layer, unit);
    }
    byId("machine-blocks").hidden = mode !== "block";
    const scale = byId("machine-scale");
    scale.hidden = mode === "block";
    const [low, high] = scale.querySelectorAll("span");
    low.textContent = mode === "busy" ? "0 %" : `${number(most / 1000, 2)} nJ or less`;
    high.textContent = mode === "busy" ? "100 % of the layer's cycles" : `${number(most, 2)} nJ, logarithmic`;
  }

  function panel(layer) {
    const list = element("ul");
    list.append(element("li", `${number(layer.cycles, 9)} cycles, ${percent(layer.utilization)} of the multiplier-cycles useful`));
    for (const [name, share] of Object.entries(layer.blocks)) list.append(element("li", `${percent(share)} of the multiplications by ${name}`));
    const parts = [element("h3", layer.name), list];
    if (layer.energy_nj !== null) {
      list.append(element("li", `${number(layer.energy_nj)} nJ`));
      const groups = new Map([[`${cells.length} ${machine.cell}${cells.length > 1 ? "s" : ""}`, sum(layer.cells.map((use) => energyOf(layer, layer.uses[use]) || 0))]]);
      for (const [id, energy] of Object.entries(layer.units_nj)) groups.set(machine.groups[id], (groups.get(machine.groups[id]) || 0) + energy);
      for (const [name, energy] of Object.entries(layer.elsewhere_nj)) groups.set(`${name} (not drawn)`, energy);
      const where = element("ol");
      const sorted = [...groups].sort((one, other) => other[1] - one[1]).slice(0, 6);
      for (const [name, energy] of sorted) where.append(element("li", `${name}: ${number(energy)} nJ, ${percent(energy / layer.energy_nj)}`));
      parts.push(element("h4", "Most energy"), where);
    }
    if (chosen) {
      const text = "cell" in chosen ? cellText(layer, chosen.cell) : unitText(layer, chosen.unit);
      parts.push(element("h4", "Chosen"), element("p", text));
    } else {
      parts.push(element("p", "A click on the drawing shows what is known of that place."));
    }
    byId("machine-panel").replaceChildren(...parts);
  }

  function draw() {
    const index = Number(byId("machine-layer").value);
    const layer = machine.layers[index];
    byId("machine-name").textContent = layer.name;
    byId("machine-layer").setAttribute("aria-valuetext", layer.name);
    color(layer, byId("machine-color").value);
    panel(layer);
    for (const each of document.querySelectorAll(".gantt")) each.hidden = Number(each.dataset.layer) !== index;
  }

  drawing.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-cell]");
    const unit = event.target.closest("[data-unit]");
    chosen = cell ? { cell: Number(cell.dataset.cell) } : unit ? { unit: units.find((each) => each.id === unit.dataset.unit) } : null;
    for (const each of drawing.querySelectorAll(".chosen")) each.classList.remove("chosen");
    (cell || unit)?.classList.add("chosen");
    draw();
  });
  for (const id of ["machine-layer", "machine-color"]) byId(id).addEventListener("input", draw);
  draw();
})();
