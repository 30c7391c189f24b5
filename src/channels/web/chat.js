// Makes the page live: sends without reloading, and shows what comes. Without it, forms do the same.
"use strict";

const log = document.getElementById("log");
const composer = document.getElementById("composer");
const polite = document.getElementById("polite");
const now = document.getElementById("now");
let last = Number(log.dataset.last);
let queue = Promise.resolve();

// A screen reader hears each message once; a while later the words leave the region again.
function announce(text) {
  const line = document.createElement("p");
  line.textContent = text;
  polite.append(line);
  setTimeout(() => line.remove(), 1500);
}

function trouble(text) {
  now.textContent = text;
}

const newId = () => (crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random());

async function send(form, submitter) {
  const fields = { id: form.elements.id.value };
  if (submitter && submitter.name === "choice") fields.choice = submitter.value;
  else fields.text = composer.value;
  if (!fields.choice && !fields.text.trim()) return composer.focus();
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  const slow = setTimeout(() => announce(now.dataset.sending), 2000);
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fields),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.error || now.dataset.failed);
    trouble("");
    // What was typed meanwhile stays.
    if (!fields.choice && composer.value.startsWith(fields.text)) composer.value = composer.value.slice(fields.text.length);
    form.elements.id.value = newId();
    await show();
    // The script or the letters of the whole page may have changed.
    if (fields.choice && fields.choice.startsWith("write/")) location.reload();
  } catch (error) {
    trouble(error instanceof TypeError ? now.dataset.failed : error.message);
  } finally {
    clearTimeout(slow);
    delete form.dataset.sending;
    if (form.id !== "write") composer.focus({ preventScroll: true });
  }
}

// Fetches what is new, in order and only once, however many events ask for it.
function show() {
  queue = queue.then(async () => {
    const response = await fetch(`/chat/fragment?after=${last}`);
    if (!response.ok) return;
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    const articles = [...parsed.querySelectorAll("article")];
    const status = document.getElementById("status");
    const said = status.firstElementChild?.textContent;
    const fresh = parsed.getElementById("status");
    status.replaceWith(fresh);
    if (!articles.length) {
      // How the queue stands is news of its own.
      if (fresh.firstElementChild && fresh.firstElementChild.textContent !== said) announce(fresh.firstElementChild.textContent);
      return;
    }
    const atEnd = innerHeight + scrollY > document.body.scrollHeight - 200;
    const options = parsed.getElementById("options");
    for (const article of articles) {
      log.insertBefore(article, document.getElementById("end"));
      last = Number(article.dataset.seq);
      if (!article.classList.contains("you")) {
        const labels = [...options.querySelectorAll("button")].map((button) => button.textContent);
        announce([article.innerText, ...labels].join("\n"));
      }
    }
    document.getElementById("options").replaceWith(options);
    if (atEnd) articles[articles.length - 1].scrollIntoView({ block: "nearest" });
  }).catch(() => {});
  return queue;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live]")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

// Enter sends, Shift+Enter makes a line, and choosing a word in an input method does neither.
composer.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  composer.form.requestSubmit();
});

const events = new EventSource(`/chat/events?after=${last}`);
events.onmessage = (event) => {
  if (Number(event.lastEventId) > last) show();
};
events.addEventListener("status", show);
events.addEventListener("typing", () => {
  const typing = document.getElementById("typing");
  if (!typing) return;
  if (typing.hidden) announce(typing.dataset.says);
  typing.textContent = typing.dataset.says;
  typing.hidden = false;
  clearTimeout(typing.timer);
  typing.timer = setTimeout(() => (typing.hidden = true), 6000);
});

if (location.hash === "#end" || last > 0) document.getElementById("end").scrollIntoView({ block: "end" });
