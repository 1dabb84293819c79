// Inside a widget: Escape asks the page around to close it (that page checks who asks), and typing goes into the box.
(() => {
  "use strict";
  if (window.parent === window) return;
  document.documentElement.classList.add("framed");
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) window.parent.postMessage("statements-chat:close", "*");
  });

  // A browser does not let a frame of another site take the focus by `autofocus`, only once it was given to the frame.
  function focus() {
    const box = document.querySelector("#question textarea");
    if (box && document.hasFocus() && document.activeElement === document.body) box.focus();
    return Boolean(box);
  }
  addEventListener("focus", focus);
  new MutationObserver((_, observer) => {
    if (focus()) observer.disconnect();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
