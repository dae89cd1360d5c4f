"use strict";
// Light and dark; draws the page.
(() => {
  const { byId, dark, draw, system } = hawx;
  const button = byId("theme");
  const label = () => {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-pressed", String(dark()));
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    label();
    draw();
  });
  system.addEventListener("change", () => { label(); draw(); });
  // A chart that is printed has the width of the paper, and dark ink.
  let before;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    draw();
  });
  addEventListener("afterprint", () => {
    if (before === undefined) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = before;
    draw();
  });
  label();
  draw();
  document.documentElement.dataset.ready = "true";
})();
