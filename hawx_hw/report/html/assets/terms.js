"use strict";
// Definitions on hover and focus: one tip for the page, beside whatever has a term.
(() => {
  const { byId, element } = hawx;
  const tip = element("div", "", { class: "tip", role: "tooltip", hidden: "" });
  document.body.append(tip);
  let shown;
  const hide = () => { tip.hidden = true; shown = undefined; };
  function show(target) {
    const text = byId(target.getAttribute("aria-describedby"))?.textContent;
    if (!text) return;
    shown = target;
    tip.textContent = text;
    tip.hidden = false;
    const around = target.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(around.left, document.documentElement.clientWidth - own.width - 8));
    const below = around.bottom + own.height + 8 < innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? around.bottom + 6 : Math.max(4, around.top - own.height - 6)}px`;
  }
  for (const target of document.querySelectorAll("[data-term]")) {
    target.addEventListener("mouseenter", () => show(target));
    target.addEventListener("focus", () => show(target));
    for (const name of ["mouseleave", "blur"]) target.addEventListener(name, () => { if (shown === target) hide(); });
  }
  addEventListener("scroll", () => { if (shown) show(shown); }, { passive: true, capture: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
