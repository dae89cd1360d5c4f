"use strict";
// Tables sort by a click on a heading, and copy as CSV.
(() => {
  const { element } = hawx;
  const value = (cell) => {
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = text.replace(/,/g, "").match(/^[-+\u2212]?[\d.]+(e[-+]?\d+)?/i);
    return number && text !== "" ? Number(number[0].replace("\u2212", "-")) : text.toLowerCase();
  };
  // Numbers before words, and empty cells last, whatever the direction.
  const compare = (one, other, up) => {
    if ((one === "") !== (other === "")) return one === "" ? 1 : -1;
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    const order = one < other ? -1 : one > other ? 1 : 0;
    return up ? order : -order;
  };
  function sort(table, column, heading) {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const each of table.tHead.rows[0].cells) if (each.hasAttribute("aria-sort")) each.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const lines = [...table.tBodies[0].rows].map((line, place) => [value(line.cells[column]), place, line]);
    lines.sort(([one, i], [other, j]) => compare(one, other, up) || i - j);
    table.tBodies[0].append(...lines.map((each) => each[2]));
  }
  // What is there for the screen alone, such as buttons, is no part of the numbers.
  const content = (cell) => (cell.dataset.csv ?? cell.textContent).trim().replace(/"/g, '""');
  const csv = (table) => [...table.rows].map((line) => [...line.cells].filter((cell) => !cell.classList.contains("no-csv")).map((cell) => `"${content(cell)}"`).join(",")).join("\r\n");
  async function copy(button) {
    const figure = button.closest("figure"), text = csv(figure.querySelector("table"));
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Pages of a file may not reach the clipboard everywhere: a field to copy from.
      figure.querySelector("textarea")?.remove();
      const field = element("textarea", text, { rows: 6, "aria-label": "The table as CSV", style: "width:100%" });
      figure.append(field);
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
})();
