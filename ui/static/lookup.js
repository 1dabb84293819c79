// Results while one types; without this the form works as any form.
(() => {
  "use strict";
  const form = document.getElementById("search");
  const results = document.getElementById("results");
  const said = document.getElementById("said");
  const PAUSE = 120; // milliseconds without a key before it is looked up
  let timer = 0;
  let running = null;

  function query() {
    const given = [...new FormData(form)].filter(([, value]) => value);
    const usual = new URLSearchParams([["order", "relevance"], ["view", "paragraphs"]]);
    return new URLSearchParams(given.filter(([name, value]) => usual.get(name) !== value)).toString();
  }

  async function show() {
    if (!form.checkValidity()) return;
    if (running) running.abort();
    const own = (running = new AbortController());
    const asked = query();
    results.setAttribute("aria-busy", "true");
    try {
      const reply = await fetch(`${form.action}/results?${asked}`, { signal: own.signal });
      if (!reply.ok && reply.status !== 422) throw new Error(String(reply.status));
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      if (own !== running) return;
      results.replaceChildren(...page.body.childNodes);
      history.replaceState(null, "", asked ? `${form.action}?${asked}` : form.action);
    } catch (error) {
      if (error.name === "AbortError") return;
      const line = document.createElement("p");
      line.className = "notice";
      line.textContent = form.dataset.failed;
      results.replaceChildren(line);
    }
    results.removeAttribute("aria-busy");
    latest();
    said.textContent = (results.querySelector(".count, .notice") || results).textContent.trim();
  }

  // The latest years are at the end of the plot, which may be wider than the page.
  function latest() {
    const plot = results.querySelector(".plot .scroll");
    if (plot) plot.scrollLeft = plot.scrollWidth;
  }

  const soon = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(show, pause);
  };
  form.addEventListener("input", () => soon(PAUSE));
  form.addEventListener("change", () => soon(0));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.reportValidity()) soon(0);
  });
  if (matchMedia("(min-width: 821px)").matches) document.querySelector(".filters").open = true;
  latest();
})();
