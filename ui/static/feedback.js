// Thumbs up or down under an answer, with a reason; kept with the answer on the server.
(() => {
  "use strict";
  const S = window.statements;
  const path = (turn) => `api/conversations/${encodeURIComponent(S.conversation)}/turns/${turn.dataset.turn}/vote`;
  const pressed = (turn) => turn.querySelector("[data-vote][aria-pressed=true]")?.dataset.vote ?? null;

  const send = (turn, reason = "") =>
    S.attempt(async () => {
      await S.send(path(turn), "PUT", { vote: pressed(turn), reason });
      S.say(S.t("feedback.thanks"));
    });

  S.actions.vote = async (button, turn) => {
    const taken = button.getAttribute("aria-pressed") === "true";
    turn.querySelectorAll("[data-vote]").forEach((one) => one.setAttribute("aria-pressed", String(one === button && !taken)));
    const form = turn.querySelector(".judging");
    form.hidden = taken;
    await send(turn);
    if (!taken) form.querySelector("input").focus();
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest(".judging");
    if (!form) return;
    event.preventDefault();
    const turn = form.closest(".turn");
    await send(turn, form.querySelector("input").value);
    form.hidden = true;
    turn.querySelector("[data-vote][aria-pressed=true]")?.focus();
  });
})();
