// Marks open their source beside the chat; examples ask themselves; a screen reader hears the answer once.
(() => {
  "use strict";
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const scroll = (element, block) => element.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block });

  // The sources of an older turn are kept in it, hidden; they take the panel's place when one of its marks is chosen.
  function source(mark) {
    const { turn, n } = mark.dataset;
    let shown = document.querySelector("#panel .sources");
    if (shown && shown.dataset.turn !== turn) {
      const kept = document.querySelector(`#log .turn[data-turn="${turn}"] .kept .sources`);
      if (!kept) return null;
      const copy = kept.cloneNode(true);
      shown.replaceWith(copy);
      shown = copy;
    }
    return shown && shown.querySelector(`.source[data-n="${n}"]`);
  }

  function highlight(mark) {
    const chosen = source(mark);
    document.querySelectorAll("#panel .source.current, #log .mark.current").forEach((e) => e.classList.remove("current"));
    mark.classList.add("current");
    if (chosen) chosen.classList.add("current");
    return chosen;
  }

  document.addEventListener("click", (event) => {
    const mark = event.target.closest("#log .mark");
    if (mark && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      const chosen = highlight(mark);
      if (chosen) {
        event.preventDefault();
        chosen.focus({ preventScroll: true });
        scroll(chosen, "start");
      }
    }
    if (event.target.closest("#panel .back")) {
      const mark = document.querySelector("#log .mark.current");
      if (mark) {
        mark.focus({ preventScroll: true });
        scroll(mark.closest(".turn"), "start");
      }
    }
    const example = event.target.closest(".example");
    if (example) ask(example.textContent);
  });

  document.addEventListener("focusin", (event) => {
    const mark = event.target.closest("#log .mark");
    if (mark && mark.matches(":focus-visible")) {
      const chosen = highlight(mark);
      const panel = document.querySelector("#panel");
      if (chosen && panel.scrollHeight > panel.clientHeight) scroll(chosen, "nearest");
    }
  });

  function ask(question) {
    const box = document.querySelector("#question textarea");
    box.value = question;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => document.querySelector("#send").click(), 50);
  }

  // The language of the page is chosen in its head and remembered by the browser, for the statements' pages too.
  document.addEventListener("change", (event) => {
    if (event.target.id !== "language") return;
    const root = new URL(".", document.baseURI).pathname;
    document.cookie = `statements_language=${event.target.value}; path=${root}; max-age=31536000; samesite=lax`;
    location.reload();
  });

  function speak() {
    const head = document.querySelector("#masthead .masthead");
    if (!head) return;
    const { language, title } = head.dataset;
    if (document.documentElement.lang !== language) document.documentElement.lang = language;
    if (document.title !== title) document.title = title;
  }

  // A new question goes to the top of the chat, and its answer is read out.
  let last = "";
  function follow() {
    speak();
    const turns = document.querySelectorAll("#log .turn");
    const turn = turns[turns.length - 1];
    document.body.classList.toggle("asked-once", Boolean(turn));
    const state = turn ? `${turn.dataset.turn} ${Boolean(turn.querySelector(".pending"))}` : "";
    if (state === last) return;
    last = state;
    if (!turn) return;
    scroll(turn, "start");
    const live = document.querySelector("#live");
    if (live) live.textContent = [...turn.querySelectorAll(".answer .claim")].map((e) => e.textContent).join(" ");
  }
  new MutationObserver(follow).observe(document.documentElement, { childList: true, subtree: true });
})();
