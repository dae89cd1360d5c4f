// What the theme leaves to a screen reader to guess: names of regions, and scrolling by keyboard.
function complete() {
  document.querySelector(".md-search:not([aria-label])")?.setAttribute("aria-label", "Search");
  document.querySelectorAll(".md-code__nav").forEach((nav, number) => {
    const name = `Code block ${number + 1}`;
    if (nav.getAttribute("aria-label") !== name) nav.setAttribute("aria-label", name);
  });
  document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach((region) => {
    region.tabIndex = 0;
  });
}
complete();
// The theme adds both while the page scrolls.
new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
