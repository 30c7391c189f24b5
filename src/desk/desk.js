// Makes the desk live: lists and lines as they change, sending without reloading. Without it, forms do the same.
"use strict";

const polite = document.getElementById("polite");
const board = document.getElementById("board");
const log = document.getElementById("log");
const composer = document.getElementById("say");
const now = document.getElementById("now");
let queue = Promise.resolve();

function announce(text) {
  const line = document.createElement("p");
  line.textContent = text;
  polite.append(line);
  setTimeout(() => line.remove(), 1500);
}

// One request at a time, in order; what fails is fetched again with the next event.
function then(work) {
  queue = queue.then(work).catch(() => {});
  return queue;
}

async function fetched(path) {
  const response = await fetch(path);
  if (response.redirected || !response.ok) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

// The lists are put in anew, and whoever works in them keeps their place.
const showBoard = () => then(async () => {
  const fresh = await fetched("/desk/board");
  if (!fresh) return;
  const count = (heading) => Number(heading.textContent.match(/（(\d+)）/)?.[1] ?? 0);
  const before = new Map([...board.querySelectorAll("h2")].map((heading) => [heading.id, count(heading)]));
  const section = document.activeElement.closest("section")?.getAttribute("aria-labelledby");
  const action = document.activeElement.closest("form")?.getAttribute("action");
  const link = document.activeElement.getAttribute("href");
  board.replaceChildren(...fresh.childNodes);
  const same = action ? `form[action="${CSS.escape(action)}"] button` : link && `a[href="${CSS.escape(link)}"]`;
  if (same) (board.querySelector(`[aria-labelledby="${section}"] ${same}`) || board.querySelector(same))?.focus();
  for (const heading of board.querySelectorAll("h2")) {
    if (count(heading) > (before.get(heading.id) ?? 0)) announce(heading.textContent);
  }
});

const showLines = () => then(async () => {
  const fresh = await fetched(`/desk/talk/${encodeURIComponent(log.dataset.address)}/lines?after=${log.dataset.last}`);
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 50;
  for (const article of fresh ? [...fresh.querySelectorAll("article")] : []) {
    log.insertBefore(article, document.getElementById("end"));
    log.dataset.last = article.dataset.seq;
    if (article.classList.contains("you")) announce(article.innerText);
  }
  // Who has gone back to read stays there.
  if (atEnd) log.scrollTop = log.scrollHeight;
});

// What else the page tells of the conversation, once lines have stopped coming; never under the hands
// of whoever works in it.
let later = 0;
const showRest = () => {
  clearTimeout(later);
  later = setTimeout(() => then(async () => {
    const fresh = await fetched(`/desk/talk/${encodeURIComponent(log.dataset.address)}`);
    if (!fresh) return;
    const typed = (part) => [...part.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);
    for (const part of fresh.querySelectorAll("[data-fresh]")) {
      const here = document.getElementById(part.id);
      const alarm = part.querySelector(".trouble");
      if (alarm && here && !here.querySelector(".trouble")) now.textContent = alarm.textContent;
      if (here && !here.contains(document.activeElement) && !typed(here)) here.replaceWith(part);
    }
    if (composer && !fresh.querySelector("#say")) {
      composer.form.querySelector("button").disabled = true;
      now.textContent = document.getElementById("speaking").innerText;
    }
  }), 400);
};

if (board || log) {
  const events = new EventSource("/desk/events");
  // Who speaks may have changed too.
  events.addEventListener("board", () => (board ? showBoard() : showRest()));
  events.addEventListener("lines", (event) => {
    if (board) showBoard();
    if (log && event.data === log.dataset.address) showLines().then(showRest);
  });
  // After a break the page catches up.
  events.addEventListener("open", () => (board ? showBoard() : showLines()));
}

if (log) log.scrollTop = log.scrollHeight;

if (composer) {
  const form = composer.form;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!composer.value.trim() || form.dataset.sending) return;
    form.dataset.sending = "yes";
    const sent = composer.value;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        headers: { accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      const answer = await response.json().catch(() => ({}));
      now.textContent = response.ok ? "" : answer.error || now.dataset.failed;
      if (!response.ok) return;
      // What was typed meanwhile stays.
      if (composer.value.startsWith(sent)) composer.value = composer.value.slice(sent.length);
      form.elements.id.value = crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random();
      await showLines();
    } catch {
      now.textContent = now.dataset.failed;
    } finally {
      delete form.dataset.sending;
      composer.focus();
    }
  });
  let typed = 0;
  composer.addEventListener("input", () => {
    if (Date.now() - typed < 4000) return;
    typed = Date.now();
    fetch(composer.dataset.typing, { method: "POST", body: new URLSearchParams({ csrf: form.elements.csrf.value }) }).catch(() => {});
  });
  composer.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-insert]");
    if (!link) return;
    event.preventDefault();
    composer.value = composer.value ? `${composer.value}\n${link.dataset.insert}` : link.dataset.insert;
    composer.focus();
  });
}
