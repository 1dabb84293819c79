// The list of conversations that the server keeps for this browser: opened, searched, renamed, shared, deleted.
(() => {
  "use strict";
  const S = window.statements;
  const t = (key, values) => S.t(key, values);
  const one = (selector, inside = document) => inside.querySelector(selector);
  const path = (row) => `api/conversations/${encodeURIComponent(row.dataset.id)}`;
  const PAGE = 30;
  let shown = 0;
  let asked = 0;

  async function list(more) {
    const turn = ++asked;
    const search = one("#talks-search").value.trim();
    const offset = more ? shown : 0;
    const query = new URLSearchParams({ search, limit: PAGE, offset });
    const found = await S.attempt(async () => (await S.fetch(`api/conversations?${query}`)).json());
    if (!found || turn !== asked) return; // a later search has been sent meanwhile
    const rows = found.conversations.map(row);
    if (more) one("#talks-list").append(...rows);
    else one("#talks-list").replaceChildren(...rows);
    shown = offset + rows.length;
    one("#talks-none").textContent = shown ? "" : t(search ? "talks.nothing" : "talks.none");
    one("#talks-more").hidden = !found.more;
  }

  function row(talk) {
    const item = one("#talks-row").content.firstElementChild.cloneNode(true);
    item.dataset.id = talk.id;
    const name = one(".name", item);
    name.textContent = talk.title;
    if (talk.id === S.conversation) name.setAttribute("aria-current", "true");
    const time = one("time", item);
    time.dateTime = talk.updated;
    const language = document.documentElement.lang;
    time.textContent = new Date(talk.updated).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
    shared(item, talk.shared);
    return item;
  }

  function shared(item, link) {
    one("[data-do=share]", item).hidden = Boolean(link);
    one("[data-do=unshare]", item).hidden = !link;
    one(".linked", item).hidden = !link;
    if (link) one(".linked input", item).value = new URL(`.${link}`, S.root).href;
  }

  const of = (button) => button.closest("li");

  Object.assign(S.actions, {
    close: () => one("#talks").close(),
    talk: (button) => {
      S.conversation = of(button).dataset.id;
      one("#talks").close();
      one("#open").click();
    },
    rename: (button) => {
      const form = one(".naming", of(button));
      form.hidden = !form.hidden;
      one("input", form).value = one(".name", of(button)).textContent;
      if (!form.hidden) one("input", form).select();
    },
    share: (button) =>
      S.attempt(async () => {
        const item = of(button);
        const talk = await (await S.send(`${path(item)}/link`, "POST")).json();
        shared(item, talk.shared);
        one(".linked input", item).select();
        await S.copy(one(".linked input", item).value);
        S.say(t("talks.shared"));
      }),
    unshare: (button) =>
      S.attempt(async () => {
        await S.send(`${path(of(button))}/link`, "DELETE");
        shared(of(button), null);
        one("[data-do=share]", of(button)).focus();
        S.say(t("talks.unshared"));
      }),
    whole: (button) => S.download(`${path(of(button))}/export?format=${button.dataset.format}`, "conversation"),
    delete: (button) => {
      if (!("sure" in button.dataset)) {
        button.dataset.sure = "";
        button.textContent = t("talks.delete_sure");
        return null;
      }
      return S.attempt(async () => {
        const item = of(button);
        await S.send(path(item), "DELETE");
        if (item.dataset.id === S.conversation) one("#new").click();
        await list();
        one("#talks-search").focus();
      });
    },
  });

  document.addEventListener("focusout", (event) => {
    const button = event.target.closest?.("[data-do=delete][data-sure]");
    if (!button) return;
    delete button.dataset.sure;
    button.textContent = t("talks.delete");
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("#talks-open")) {
      one("#talks").showModal();
      list();
    }
    if (event.target.closest("#talks-more")) list(true);
    if (event.target.id === "talks") event.target.close(); // beside the list
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".naming");
    if (!form) return;
    event.preventDefault();
    S.attempt(async () => {
      const talk = await (await S.send(path(of(form)), "PATCH", { title: one("input", form).value })).json();
      one(".name", of(form)).textContent = talk.title;
      form.hidden = true;
      one(".name", of(form)).focus();
    });
  });

  let typing;
  document.addEventListener("input", (event) => {
    if (event.target.id !== "talks-search") return;
    clearTimeout(typing);
    typing = setTimeout(list, 200);
  });
})();
