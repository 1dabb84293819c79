// The chat: marks show their quote and open their statement beside it; answers are copied, stopped, asked again.
// What the server is told of this browser, and what other scripts of the page share, is `window.statements`.
(() => {
  "use strict";
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const scroll = (element, block) => element.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block });
  const one = (selector, inside = document) => inside.querySelector(selector);

  // A key of this browser's own: its conversations are listed for nobody else. Without storage it lasts as the page.
  function browserKey() {
    const made = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
    try {
      const known = localStorage.getItem("statements-browser");
      if (/^[0-9a-f]{32}$/.test(known || "")) return known;
      const key = made();
      localStorage.setItem("statements-browser", key);
      return key;
    } catch {
      return made();
    }
  }

  const S = (window.statements = {
    browser: browserKey(),
    conversation: new URL(location.href).searchParams.get("conversation") || "",
    again: null,
    root: new URL(".", document.baseURI),
    words: {},
    extra: {}, // what other scripts of the page tell the server
  });

  S.told = () => {
    const { browser, conversation, again, extra } = S;
    return JSON.stringify({ browser, conversation, again, ...extra });
  };

  const t = (S.t = (key, values = {}) =>
    (S.words[key] || key).replace(/\{(\w+)\}/g, (place, name) => (name in values ? values[name] : place)));

  // Only this server, with the key in a header that no page of another site can send.
  S.fetch = async (path, options = {}) => {
    const headers = { "X-Statements-Browser": S.browser, ...options.headers };
    const reply = await fetch(new URL(path, S.root), { ...options, headers });
    if (!reply.ok) throw new Error(`${reply.status} ${path}`);
    return reply;
  };

  S.send = (path, method, body) =>
    S.fetch(path, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });

  let silence;
  const say = (S.say = (text) => {
    one("#said").textContent = text;
    clearTimeout(silence);
    silence = setTimeout(() => (one("#said").textContent = ""), 5000);
  });

  S.attempt = async (work) => {
    try {
      return await work();
    } catch (error) {
      console.warn(error);
      say(t("chat.failed_action"));
      return null;
    }
  };

  S.copy = async (text) => {
    try {
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
      else copyWithout(text); // a page that came without TLS has no clipboard
      say(t("chat.copied"));
    } catch {
      say(t("chat.copy_failed"));
    }
  };

  function copyWithout(text) {
    const box = document.createElement("textarea");
    const before = document.activeElement;
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    before.focus();
    if (!done) throw new Error("not copied");
  }

  S.download = (path, name) =>
    S.attempt(async () => {
      const reply = await S.fetch(path);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await reply.blob());
      link.download = (reply.headers.get("content-disposition") || "").match(/filename="([^"]+)"/)?.[1] || name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });

  // The sources of an older turn are kept in it, hidden; they take the panel's place when one of its marks is chosen.
  function sources(turn) {
    const shown = one("#panel .sources, #panel .reader");
    if (!shown) return null;
    if (shown.matches(".sources") && shown.dataset.turn === turn) return shown;
    const kept = one(`#log .turn[data-turn="${turn}"] .kept .sources`);
    if (!kept) return null;
    const copy = kept.cloneNode(true);
    shown.replaceWith(copy);
    return copy;
  }

  function highlight(mark) {
    const { turn, n } = mark.dataset;
    const shown = sources(turn);
    const chosen = shown && one(`.source[data-n="${n}"]`, shown);
    document.querySelectorAll("#panel .source.current, #log .mark.current").forEach((e) => e.classList.remove("current"));
    mark.classList.add("current");
    if (chosen) chosen.classList.add("current");
    return chosen;
  }

  async function read(turn, n) {
    const path = `fragments/statement?conversation=${encodeURIComponent(S.conversation)}&turn=${turn}&n=${n}`;
    const text = await S.attempt(async () => (await S.fetch(path)).text());
    const shown = one("#panel .sources, #panel .reader");
    if (text === null || !shown) return;
    shown.outerHTML = text; // made and escaped by this server's templates
    const reader = one("#panel .reader");
    reader.focus({ preventScroll: true });
    const here = one(".paragraph.here", reader);
    if (here) toParagraph(here);
  }

  function toParagraph(paragraph) {
    document.querySelectorAll("#panel .paragraph.current").forEach((e) => e.classList.remove("current"));
    paragraph.classList.add("current");
    scroll(one("mark", paragraph) || paragraph, "center");
  }

  function step(by) {
    const all = [...document.querySelectorAll("#panel .paragraph")];
    const next = all[all.findIndex((e) => e.classList.contains("current")) + by];
    if (!next) return;
    toParagraph(next);
    next.focus({ preventScroll: true });
  }

  function back() {
    const mark = one("#log .mark.current");
    if (!mark) return;
    mark.focus({ preventScroll: true });
    scroll(mark.closest(".turn"), "start");
  }

  const box = () => one("#question textarea");

  function write(text) {
    box().value = text;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  S.ask = (question) => {
    write(question);
    setTimeout(() => one("#send").click(), 50);
  };

  // A turn that failed or was stopped is not kept: there is nothing to replace.
  const numbered = (turn) => ("failed" in turn.dataset ? null : Number(turn.dataset.turn));

  function editing(turn) {
    S.again = turn ? numbered(turn) : null;
    document.body.classList.toggle("editing", Boolean(turn));
  }

  const ACTIONS = {
    copy: (button) => S.copy(button.dataset.text),
    export: (button, turn) =>
      S.download(`api/conversations/${encodeURIComponent(S.conversation)}/export?format=${button.dataset.format}&turn=${turn.dataset.turn}`, "answer"),
    retry: (button, turn) => {
      S.again = numbered(turn);
      S.ask(turn.dataset.question);
    },
    edit: (button, turn) => {
      editing(turn);
      write(turn.dataset.question);
      box().focus();
    },
    read: (button) => {
      const source = button.closest(".source");
      read(source.closest(".sources").dataset.turn, source.dataset.n);
    },
    sources: (button) => {
      const { turn, n } = button.closest(".reader").dataset;
      const chosen = one(`.source[data-n="${n}"]`, sources(turn) || document);
      if (!chosen) return;
      chosen.classList.add("current");
      chosen.focus({ preventScroll: true });
      scroll(chosen, "nearest");
    },
    paragraph: (button) => {
      const chosen = one(`#panel .paragraph[data-paragraph="${button.dataset.paragraph}"]`);
      if (!chosen) return;
      toParagraph(chosen);
      chosen.focus({ preventScroll: true });
    },
    step: (button) => step(Number(button.dataset.by)),
    back,
  };
  S.actions = ACTIONS;

  document.addEventListener("click", (event) => {
    const mark = event.target.closest("#log a.mark");
    if (mark && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      hideTip();
      if (highlight(mark)) {
        event.preventDefault();
        read(mark.dataset.turn, mark.dataset.n);
      }
    }
    const button = event.target.closest("[data-do]");
    if (button && ACTIONS[button.dataset.do]) ACTIONS[button.dataset.do](button, button.closest(".turn"));
    const example = event.target.closest(".example");
    if (example) S.ask(example.textContent);
    if (event.target.closest("#new")) {
      S.conversation = "";
      editing(null);
    }
    if (event.target.closest("#stop")) stopped();
  });

  function stopped() {
    const pending = one("#log .turn .pending");
    if (!pending) return;
    const turn = pending.closest(".turn");
    pending.remove();
    turn.querySelectorAll("[hidden]").forEach((e) => e.removeAttribute("hidden"));
    follow();
    one("[data-do=retry]", turn).focus();
  }

  // The quote of a mark, where it is: by mouse and by keyboard; Escape takes it away.
  function showTip(mark) {
    const tip = one("#tip");
    if (!tip || !mark.dataset.quote) return;
    one("strong", tip).textContent = mark.dataset.label;
    one("q", tip).textContent = mark.dataset.quote;
    tip.hidden = false;
    const place = mark.getBoundingClientRect();
    const height = tip.offsetHeight;
    tip.style.left = `${Math.max(8, Math.min(place.left, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${place.top > height + 12 ? place.top - height - 6 : place.bottom + 6}px`;
    mark.setAttribute("aria-describedby", "tip");
  }

  function hideTip() {
    const tip = one("#tip");
    if (tip) tip.hidden = true;
  }

  document.addEventListener("mouseover", (event) => {
    const mark = event.target.closest("#log a.mark");
    if (mark) showTip(mark);
    else if (!event.target.closest("#tip")) hideTip();
  });

  document.addEventListener("focusin", (event) => {
    const mark = event.target.closest("#log a.mark");
    if (!mark || !mark.matches(":focus-visible")) return hideTip();
    showTip(mark);
    if (one("#panel .reader")) return; // the statement stays open until a mark is chosen
    const chosen = highlight(mark);
    const panel = one("#panel");
    if (chosen && panel.scrollHeight > panel.clientHeight) scroll(chosen, "nearest");
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!one("#tip")?.hidden) hideTip();
    else if (document.body.classList.contains("editing")) {
      editing(null);
      write("");
    }
  });

  // The language of the page is chosen in its head and remembered by the browser, for the statements' pages too.
  document.addEventListener("change", (event) => {
    if (event.target.id !== "language") return;
    document.cookie = `statements_language=${event.target.value}; path=${S.root.pathname}; max-age=31536000; samesite=lax`;
    location.reload();
  });

  function speak() {
    const head = one("#masthead .masthead");
    if (!head) return;
    const { language, title, words } = head.dataset;
    if (document.documentElement.lang !== language) {
      document.documentElement.lang = language;
    }
    if (S.said !== words) {
      S.said = words;
      S.words = JSON.parse(words);
    }
    if (document.title !== title) document.title = title;
  }

  // The address names the conversation, so that it is there again after a reload.
  function place(talk) {
    if (talk) S.conversation = talk.dataset.conversation;
    else if (one("#log .welcome")) S.conversation = "";
    const kept = one("#log .turn:not([data-failed])");
    const url = new URL(location.href);
    if (S.conversation && kept) url.searchParams.set("conversation", S.conversation);
    else url.searchParams.delete("conversation");
    if (url.href !== location.href) history.replaceState(null, "", url);
  }

  // A new question goes to the top of the chat, and its answer is read out.
  let last = "";
  function follow() {
    speak();
    const turns = document.querySelectorAll("#log .turn");
    const turn = turns[turns.length - 1];
    const waiting = Boolean(turn && one(".pending", turn));
    document.body.classList.toggle("asked-once", Boolean(turn));
    document.body.classList.toggle("waiting", waiting);
    const state = turn ? `${one("#log .talk")?.dataset.conversation} ${turn.dataset.turn} ${waiting} ${turn.dataset.question}` : "";
    if (state === last) return;
    last = state;
    place(one("#log .talk"));
    if (!turn) return;
    if (waiting) editing(null);
    scroll(turn, "start");
    const live = one("#live");
    if (live) live.textContent = [...turn.querySelectorAll(".answer .claim")].map((e) => e.textContent).join(" ");
  }
  new MutationObserver(follow).observe(document.documentElement, { childList: true, subtree: true });
})();
