// What the browser test stands on: the program, somebody at a keyboard, and what every page must be like.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import axe from "axe-core";
import { chromium } from "playwright-core";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../..");
const LUZHU = resolve(process.env.LUZHU_BIN ?? join(ROOT, "target/debug/luzhu"));
const SHOTS = process.env.LUZHU_SHOTS; // a folder for screenshots; none without it
const PATIENCE = Number(process.env.LUZHU_PATIENCE ?? 20_000);
const FLAGS = `--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
  --disable-background-networking --disable-component-update --disable-sync`.split(/\s+/);

/** Starts the program with an empty folder, at a free port. */
export async function serve() {
  const data = mkdtempSync(join(tmpdir(), "luzhu-browser-"));
  const child = spawn(LUZHU, ["serve", "--listen", "127.0.0.1:0", "--data", data], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const url = await new Promise((found, failed) => {
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      if (process.env.LUZHU_LOG) process.stderr.write(text);
      const at = said.match(/luzhu is at (http:\/\/[\w.:]+);/);
      if (at) found(at[1]);
    });
    child.on("error", failed).on("exit", (code) => failed(new Error(`luzhu ended with ${code}: ${said}`)));
  });
  const ended = new Promise((done) => child.on("exit", done));
  return {
    url,
    /** Makes an account from the command line; returns its one-time link. */
    async invite(name, shown) {
      const given = ["admin", "add", name, "--shown", shown, "--data", data, "--public-url", url];
      return (await promisify(execFile)(LUZHU, given, { cwd: ROOT })).stdout.trim().split("\n").at(-1);
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export const openBrowser = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** Runs in every page before its own script: tells what a screen reader would be given to say. */
function listen() {
  const region = "[role=status],[role=alert],[aria-live=polite],[aria-live=assertive],[role=log]:not([aria-live=off])";
  const told = (records) => {
    for (const { target, addedNodes } of records) {
      const live = (target.nodeType === 1 ? target : target.parentElement)?.closest(region);
      for (const node of live ? addedNodes : []) if (node.textContent.trim()) window.luzhuHeard(node.textContent.trim());
    }
  };
  addEventListener("DOMContentLoaded", () => new MutationObserver(told).observe(document, { childList: true, subtree: true }));
}

/** Somebody at a keyboard, who has no mouse. */
export class Hand {
  /** What was announced, in order, with the page that it was announced on. */
  heard = [];
  load = 0;

  static async sit(browser, { script = true, language = "zh-CN" } = {}) {
    const hand = new Hand();
    hand.context = await browser.newContext({ javaScriptEnabled: script, locale: language, viewport: { width: 1280, height: 900 } });
    if (script) {
      await hand.context.exposeBinding("luzhuHeard", (_, text) => hand.heard.push({ text, load: hand.load }));
      await hand.context.addInitScript(listen);
    }
    hand.page = await hand.context.newPage();
    hand.page.setDefaultTimeout(PATIENCE);
    hand.page.on("framenavigated", () => hand.load++);
    hand.page.on("pageerror", (error) => hand.heard.push({ text: `script failed: ${error}`, load: hand.load }));
    return hand;
  }

  goto = (url) => this.page.goto(url);
  press = (keys) => this.page.keyboard.press(keys);
  type = (text) => this.page.keyboard.type(text);
  main = () => this.page.locator("main");

  control(role, name) {
    if (role === "summary") return this.page.locator("summary").filter({ hasText: name });
    return this.page.getByRole(role, { name, exact: typeof name === "string" });
  }

  /** Tabs on until the focus is on this control; fails when Tab does not lead there. */
  async to(role, name, { back = false } = {}) {
    const wanted = this.control(role, name);
    await wanted.first().waitFor();
    let found = await wanted.elementHandles();
    const most = (await this.page.locator("a, button, input, select, textarea, summary, [tabindex]").count()) + 3;
    for (let stops = 0; stops < most; stops++) {
      await this.press(back ? "Shift+Tab" : "Tab");
      // Lists are put in anew while we go.
      const at = (all) => (all.includes(document.activeElement) ? "here" : all.some((one) => one.isConnected) ? "further" : "gone");
      let where = await this.page.evaluate(at, found);
      if (where === "gone") where = await this.page.evaluate(at, (found = await wanted.elementHandles()));
      if (where === "here") return this;
    }
    return assert.fail(`Tab does not lead to the ${role} ${name}`);
  }

  /** Presses Alt and a digit as a keyboard does; Playwright's own press leaves out the text that access keys go by. */
  async accessKey(digit) {
    const keys = await this.context.newCDPSession(this.page);
    const key = { modifiers: 1, key: digit, code: `Digit${digit}`, windowsVirtualKeyCode: digit.charCodeAt(0) };
    await keys.send("Input.dispatchKeyEvent", { type: "keyDown", text: digit, unmodifiedText: digit, ...key });
    await keys.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
    await keys.detach();
  }

  /** Enter, where it leads to another page. */
  async enter() {
    const before = this.load;
    await this.press("Enter");
    await until("another page", () => this.load > before);
    await this.page.waitForLoadState();
  }

  /** Goes to a button or link that leads to another page, and presses it. */
  async activate(role, name) {
    await this.to(role, name);
    await this.enter();
  }

  /** The same on a page that stays. */
  async activateLive(role, name) {
    await this.to(role, name);
    await this.press("Enter");
  }

  async write(name, text) {
    await this.to("textbox", name);
    await this.press("Control+A");
    await this.type(text);
  }

  /** Chooses in a list with the arrow keys. */
  async choose(name, option) {
    await this.to("combobox", name);
    await this.press("Home");
    const chosen = () => this.page.evaluate(() => document.activeElement.selectedOptions[0].textContent);
    const most = await this.page.evaluate(() => document.activeElement.length);
    for (let tries = 0; tries < most && !(await chosen()).includes(option); tries++) await this.press("ArrowDown");
    assert.match(await chosen(), new RegExp(option));
  }

  /** Waits until this text stands on the page. */
  sees = (text, within = this.page) => within.getByText(text).first().waitFor();

  /** Waits until this is announced; returns the announcement. */
  hears = (pattern, since = 0) =>
    until(`${pattern} to be announced; heard: ${JSON.stringify(this.heard.slice(since))}`, () => this.heard.slice(since).find(({ text }) => pattern.test(text)));

  times = (pattern) => this.heard.filter(({ text }) => pattern.test(text)).length;

  /** Where this one stands, for who reads of a failure. */
  where = async () => `${this.page.url()}: ${(await this.page.locator("body").innerText()).replace(/\s+/g, " ").slice(0, 600)}`;

  /** Does something that makes news come in, and makes sure that the focus stays where it is. */
  async undisturbed(news) {
    const focus = () =>
      this.page.evaluate(() => {
        const at = document.activeElement;
        return `${at.tagName} ${at.id || at.textContent.slice(0, 40)} in ${at.closest("section")?.getAttribute("aria-labelledby")} at ${at.selectionStart}`;
      });
    const before = await focus();
    await news();
    assert.equal(await focus(), before, "news must not move the focus");
  }

  /** Nothing is said twice on one page, and no script failed. */
  wasNotPestered() {
    this.heard.forEach((one, index) => {
      assert.doesNotMatch(one.text, /script failed|undefined/);
      const before = this.heard[index - 1];
      assert.ok(!(before && before.load === one.load && before.text === one.text), `announced twice: ${one.text}`);
    });
  }
}

export async function until(what, holds) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((again) => setTimeout(again, 25))) {
    const result = await holds();
    if (result) return result;
  }
  return assert.fail(`waited in vain for ${what}`);
}

/** Every rule of axe that is not given up, also those that are off unless asked for; but an answer's first
 * sentence, which stands in bold, is no heading. */
const RULES = Object.fromEntries(axe.getRules().filter((rule) => !rule.tags.includes("deprecated") && rule.ruleId !== "p-as-heading").map((rule) => [rule.ruleId, { enabled: true }]));

/** The rules about colours; the others find the same in the dark. */
const COLOURS = Object.fromEntries(Object.keys(RULES).map((id) => [id, { enabled: id.startsWith("color-contrast") }]));

async function violations(page, asked) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const found = await page.evaluate((rules) => window.axe.run(document, { rules, resultTypes: ["violations"] }), asked);
  return found.violations.map((one) => `axe ${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ").slice(0, 400)}`);
}

/** What axe does not see. Runs in the page. */
export function ownChecks() {
  const found = [];
  const seen = (element) => element.checkVisibility() && element.getClientRects().length > 0 && !element.closest(".hidden");
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const short = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 120);
  const says = (text) => /[\p{L}\p{N}]/u.test(text ?? "");

  if (all("h1").length !== 1) found.push(`${all("h1").length} first headings`);
  all("h1,h2,h3,h4,h5,h6").reduce((before, heading) => {
    const level = Number(heading.tagName[1]);
    if (level > before + 1) found.push(`heading jumps to ${level}: ${heading.textContent}`);
    return level;
  }, 0);
  for (const field of all("input:not([type=hidden]),select,textarea")) {
    if (![...field.labels].some((label) => seen(label) && says(label.textContent))) found.push(`no visible label: ${short(field)}`);
  }
  for (const control of all("button,a[href],summary")) if (!says(control.innerText)) found.push(`no text: ${short(control)}`);
  for (const one of all("body *")) {
    const pressed = getComputedStyle(one).cursor === "pointer" && !one.closest("a[href],button,summary,label,select,input");
    if (pressed) found.push(`looks pressable and is no control: ${short(one)}`);
  }
  for (const one of document.querySelectorAll("[tabindex]")) if (one.tabIndex > 0) found.push(`positive tabindex: ${short(one)}`);
  // Links within a line of text are exempt (WCAG 2.5.5, inline); a box to tick is as large as its label.
  for (const target of all("button,.button,summary,select,textarea,input:not([type=hidden])").filter((one) => !one.matches(".skip"))) {
    const { height, width } = (target.type === "checkbox" ? target.labels[0] : target).getBoundingClientRect();
    if (height < 43.9 || width < 43.9) found.push(`too small, ${Math.round(width)}×${Math.round(height)}: ${short(target)}`);
  }
  // Words stand in the script that they are marked as.
  const pairs = "们們个個这這说說请請问問题題记記业業证證领領办辦钱錢发發时時间間对對话話转轉体體给給还還过過没沒后後来來会會";
  const foreign = { "zh-Hans": [...pairs].filter((_, at) => at % 2), "zh-Hant": [...pairs].filter((_, at) => !(at % 2)) };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const lang = walker.currentNode.parentElement.closest("[lang]")?.lang;
    const text = walker.currentNode.textContent.trim();
    if (!text || walker.currentNode.parentElement.closest("script,noscript")) continue;
    if (!(lang in foreign)) found.push(`no language: ${text.slice(0, 40)}`);
    else if (foreign[lang].some((letter) => text.includes(letter))) found.push(`not ${lang}: ${text.slice(0, 40)}`);
  }
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
    found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${document.documentElement.clientWidth}`);
  }
  for (const log of document.querySelectorAll("#log article")) if (!log.lang && !log.querySelector("[lang]")) found.push(`a message without lang: ${short(log)}`);
  return found;
}

/** What a tour by Tab needs in the page: every control, by what it is, for lists are put in anew while we go. */
function mapStops() {
  const stops = () => [...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex='0']")].filter((one) => one.checkVisibility());
  const what = (one) => [one.tagName, one.id, one.name, one.value, one.href, one.form?.action, one.innerText?.slice(0, 40)].filter(Boolean).join(" ");
  const atRest = new Map(stops().map((one) => [what(one), one === document.activeElement ? "" : getComputedStyle(one).outline]));
  const been = new Set();
  window.luzhuTour = {
    length: stops().length,
    missed: () => [...new Set(stops().map(what))].filter((one) => !been.has(one)),
    /** Notes where the focus is; tells what is wrong with how it shows. */
    stop() {
      const at = document.activeElement;
      if (at === document.body) return null;
      been.add(what(at));
      const { outline, outlineStyle, outlineWidth } = getComputedStyle(at);
      const shows = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && outline !== atRest.get(what(at));
      const { top, bottom, left, right } = at.getBoundingClientRect();
      if (!shows) return `the focus does not show: ${what(at)}`;
      return bottom > 0 && top < innerHeight && right > 0 && left < innerWidth ? null : `the focus is out of sight: ${what(at)}`;
    },
  };
  return window.luzhuTour.length;
}

/** Tabs through the whole page: every control is a stop, and each shows that it has the focus. */
async function tour(page, again = true) {
  const found = new Set();
  const stops = await page.evaluate(mapStops);
  for (let stop = 0; stop < stops + 3; stop++) {
    await page.keyboard.press("Tab");
    found.add(await page.evaluate(() => window.luzhuTour.stop()));
  }
  const missed = await page.evaluate(() => window.luzhuTour.missed());
  if (missed.length && again) return tour(page, false); // something came in on the way
  return [...[...found].filter(Boolean), ...missed.map((one) => `Tab does not lead to: ${one}`)];
}

/** Looks at a page in light, in dark, and on a narrow screen, and tabs through it; returns everything that is wrong. */
export async function inspect(hand, state) {
  const { page } = hand;
  const found = new Map();
  const note = (trouble, look) => found.set(trouble, (found.get(trouble) ?? new Set()).add(look));
  const wide = { width: 1280, height: 900 };
  for (const [look, colorScheme, size] of [["320px", "light", { width: 320, height: 640 }], ["dark", "dark", wide], ["light", "light", wide]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    for (const trouble of [...(await violations(page, look === "dark" ? COLOURS : RULES)), ...(await page.evaluate(ownChecks))]) note(trouble, look);
    if (SHOTS) {
      mkdirSync(SHOTS, { recursive: true });
      await page.screenshot({ path: join(SHOTS, `${state.replace(/\W+/g, "-")}-${look}.png`), fullPage: true });
    }
  }
  for (const trouble of await tour(page)) note(trouble, "by Tab");
  return [...found].map(([trouble, looks]) => `${state} (${[...looks].join(", ")}): ${trouble}`);
}
