// A button that opens the statements chat over another site's page, and <statements-chat>, which puts it into the page.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || !script.src || customElements.get("statements-chat")) return;
  const home = new URL("./", script.src);
  const words = /* filled in by the server */ {};
  const CLOSE = "statements-chat:close";
  // What the page's author writes as data-…, and the chat's name for it.
  const PASSED = {
    question: "question", code: "code", delegation: "delegation", speaker: "speaker", from: "issued_from",
    to: "issued_to", textLanguage: "language",
  };
  const MANY = ["code", "delegation", "speaker", "textLanguage"];
  const POSITIONS = ["bottom-right", "bottom-left", "top-right", "top-left"];

  // A constructed sheet in a shadow tree: the page's policy need not allow any style, and the page's styles stay out.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: block; height: 40rem; max-height: 90vh; color-scheme: light dark; }
    :host([data-launcher]) { all: initial !important; display: contents !important; color-scheme: light dark !important; }
    * { box-sizing: border-box; font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark; background: Canvas; }
    :host(:not([data-launcher])) iframe { border: 1px solid GrayText; border-radius: 12px; }
    button { font-size: 16px; line-height: 1.25; cursor: pointer; }
    button:focus-visible { outline: 3px solid CanvasText; outline-offset: 2px; }
    .open { position: fixed; z-index: 2147483000; min-height: 48px; max-width: calc(100vw - 2rem); padding: .7rem 1.15rem;
      border: 0; border-radius: 24px; background: #1d4f91; color: #fff; font-weight: 600;
      box-shadow: 0 2px 10px rgb(0 0 0 / .3); }
    dialog { position: fixed; z-index: 2147483001; margin: 0; padding: 0; width: min(27rem, calc(100vw - 2rem));
      height: min(44rem, calc(100dvh - 6.5rem)); max-width: none; max-height: none; overflow: hidden; inset: auto;
      border: 1px solid GrayText; border-radius: 14px; background: Canvas; color: CanvasText;
      box-shadow: 0 8px 30px rgb(0 0 0 / .35); }
    dialog[open] { display: flex; flex-direction: column; }
    .bottom { bottom: 1rem; } .top { top: 1rem; } .left { left: 1rem; } .right { right: 1rem; }
    dialog.bottom { bottom: 5rem; } dialog.top { top: 5rem; }
    .head { display: flex; align-items: center; gap: .5rem; padding: .25rem .25rem .25rem 1rem; }
    .head span { flex: 1; font-size: 16px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .close { width: 44px; height: 44px; border: 0; border-radius: 10px; background: none; color: inherit; font-size: 24px; }
    iframe { flex: 1; min-height: 0; }
    @media (max-width: 480px) {
      dialog, dialog.top, dialog.bottom { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
    }
    @media print { .open, dialog { display: none; } }`);

  function languageOf(data) {
    const wanted = [data.language, document.documentElement.lang, ...navigator.languages, "en"];
    return wanted.map((tag) => (tag || "").toLowerCase().split("-")[0]).find((tag) => tag in words) || "en";
  }

  function addressOf(data) {
    const address = new URL(home);
    for (const [name, parameter] of Object.entries(PASSED)) {
      const values = MANY.includes(name) ? (data[name] || "").split(";") : [data[name] || ""];
      for (const value of values) if (value.trim()) address.searchParams.append(parameter, value.trim());
    }
    address.searchParams.set("lang", languageOf(data));
    if (data.theme === "light" || data.theme === "dark") address.searchParams.set("__theme", data.theme);
    return address.href;
  }

  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function frameOf(data, title) {
    return make("iframe", { src: addressOf(data), title, allow: "clipboard-write" });
  }

  // Black or white, whichever is easier to read on this colour (relative luminance of WCAG 2).
  function inkOn(color) {
    if (!color.startsWith("rgb")) return "#fff";
    const [red, green, blue] = color.match(/[\d.]+/g).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
  }

  class Chat extends HTMLElement {
    #frame = null;
    #dialog = null;
    #button = null;

    connectedCallback() {
      if (this.shadowRoot) return;
      const said = words[languageOf(this.dataset)] || {};
      const title = this.dataset.title || said["widget.title"];
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      if ("launcher" in this.dataset) this.#launch(root, title, said);
      else root.append((this.#frame = frameOf(this.dataset, title)));
      addEventListener("message", (event) => {
        if (event.origin !== home.origin || event.data !== CLOSE) return;
        if (this.#frame && event.source === this.#frame.contentWindow) this.close();
      });
    }

    #launch(root, title, said) {
      const wanted = this.dataset.position;
      const place = (POSITIONS.includes(wanted) ? wanted : POSITIONS[0]).replace("-", " ");
      const button = make("button", { type: "button", className: `open ${place}`, textContent: title });
      const close = make("button", { type: "button", className: "close", textContent: "×" });
      const head = make("div", { className: "head" }, make("span", { textContent: title }), close);
      this.#dialog = make("dialog", { className: place }, head);
      this.#button = button;
      button.setAttribute("aria-haspopup", "dialog");
      button.setAttribute("aria-expanded", "false");
      close.setAttribute("aria-label", said["widget.close"]);
      this.#dialog.setAttribute("aria-label", title);
      button.addEventListener("click", () => (this.#dialog.open ? this.close() : this.open()));
      close.addEventListener("click", () => this.close());
      this.#dialog.addEventListener("close", () => {
        button.setAttribute("aria-expanded", "false");
        button.focus();
      });
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) this.close();
      });
      root.append(button, this.#dialog);
      this.#paint(root, button);
    }

    #paint(root, button) {
      const color = this.dataset.color;
      if (!color || !CSS.supports("color", color)) return;
      const own = new CSSStyleSheet();
      own.insertRule(".open {}");
      own.cssRules[0].style.setProperty("background", color);
      root.adoptedStyleSheets = [sheet, own];
      own.cssRules[0].style.setProperty("color", inkOn(getComputedStyle(button).backgroundColor));
    }

    open() {
      if (!this.#dialog || this.#dialog.open) return;
      if (!this.#frame) this.#dialog.append((this.#frame = frameOf(this.dataset, this.#button.textContent)));
      if (matchMedia("(max-width: 480px)").matches) this.#dialog.showModal();
      else this.#dialog.show();
      this.#button.setAttribute("aria-expanded", "true");
      this.#frame.focus();
    }

    close() {
      if (this.#dialog && this.#dialog.open) this.#dialog.close();
    }
  }

  customElements.define("statements-chat", Chat);
  if (script.dataset.position === "none") return;
  const launcher = document.createElement("statements-chat");
  Object.assign(launcher.dataset, script.dataset, { launcher: "" });
  window.StatementsChat = { open: () => launcher.open(), close: () => launcher.close() };
  const place = () => document.body.append(launcher);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
