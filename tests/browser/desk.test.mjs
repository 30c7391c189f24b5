// A shift at the counsellors' desk, by keyboard alone, in a real browser: how to run it stands in README.md.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hand, inspect, openBrowser, ownChecks, serve, until } from "./helpers.mjs";

const SECRET = "春天的厦门有凤凰花开";
const wrong = []; // what is wrong with the pages
const titles = new Map(); // the title of each page

let luzhu, browser, lin, person, wang;
let broken = ""; // the step that failed

/** One step of the walk; those after one that failed are left out. */
const step = (says, walk) =>
  test(says, async (t) => {
    if (broken) return t.skip(`after “${broken}”`);
    broken = says;
    try {
      await walk();
      broken = "";
    } finally {
      if (broken) for (const hand of [lin, person, wang]) t.diagnostic((await hand?.where()) ?? "");
    }
  });

/** Notes everything that is wrong with a page in its present state. */
async function look(hand, state) {
  wrong.push(...(await inspect(hand, state)));
  const page = state.split(",")[0];
  if (!titles.has(page)) titles.set(page, await hand.page.title());
}

/** The person writes, and waits until it was taken in. */
async function writes(words) {
  const before = await person.page.locator("#log article.you").count();
  if (!(await person.page.locator("#composer").evaluate((box) => box === document.activeElement))) await person.to("textbox", "写下您想问的");
  await person.type(words);
  await person.press("Enter");
  await until(`${words} to be taken in`, async () => (await person.page.locator("#log article.you").count()) > before);
  await person.page.locator("#write:not([data-sending])").waitFor();
}

/** Why something was not done stands on the page as an alert, and with the field that it is about. */
async function tellsTrouble(why, field) {
  await until(`${why}`, async () => why.test((await lin.page.getByRole("alert").allInnerTexts()).join("")));
  if (!field) return;
  const described = lin.page.getByRole("textbox", { name: field });
  assert.equal(await described.getAttribute("aria-invalid"), "true");
  assert.match(await described.evaluate((it) => document.getElementById(it.getAttribute("aria-describedby"))?.textContent ?? ""), why);
}

const reply = () => lin.control("textbox", /^写给对方/);

/** The counsellor sends what stands in the box, and the person reads it. */
async function sends(reads) {
  await lin.press("Control+Enter");
  await until("the box to be empty", async () => (await reply().inputValue()) === "");
  await person.sees(reads);
}

before(async () => {
  [luzhu, browser] = await Promise.all([serve(), openBrowser()]);
  lin = await Hand.sit(browser);
  person = await Hand.sit(browser);
});

after(async () => {
  await browser?.close();
  await luzhu?.stop();
});

step("a new colleague chooses a password with a one-time link", async () => {
  const link = await luzhu.invite("lin", "林顾问");
  await lin.goto(link);
  await look(lin, "welcome");
  await lin.write("新密码", "passwordpassword");
  await lin.activate("button", "设好并登录");
  await tellsTrouble(/太常见/, "新密码");
  await look(lin, "welcome, with trouble");
  await lin.write("新密码", SECRET);
  await lin.activate("button", "设好并登录");
  await lin.sees("您不在班");
  await look(lin, "board, empty");

  await lin.activate("button", "退出");
  await look(lin, "login");
  await lin.goto(link);
  await tellsTrouble(/用过了/);
});

step("a wrong password is told, the right one lets in", async () => {
  await lin.write("账号", "lin");
  await lin.write("密码", "春天的厦门没有凤凰花");
  await lin.activate("button", "登录");
  await tellsTrouble(/账号或者密码不对/, "密码");
  assert.equal(await lin.page.getByRole("textbox", { name: "账号" }).inputValue(), "lin");
  await look(lin, "login, with trouble");
  await lin.write("密码", SECRET);
  await lin.activate("button", "登录");
  await lin.sees("您不在班");
});

step("a message that was left while nobody was there is a task", async () => {
  const other = await Hand.sit(browser, { language: "zh-TW" });
  await other.goto(luzhu.url);
  await other.activateLive("button", "找人工顧問");
  await other.activateLive("button", /留言/);
  await other.sees(/寫下來/);
  await other.to("textbox", /^寫下/);
  await other.type("請問台胞證可以辦失業登記嗎");
  await other.press("Enter");
  await other.sees(/留言記下了/);
  await look(other, "chat, a message left");
  other.wasNotPestered();
  await other.context.close();
  await lin.sees(/要回复的留言和约好的时间（1）/);
});

step("the person asks, begins a procedure, and asks for a counsellor", async () => {
  await lin.activate("button", /^上班/);
  await lin.sees("您在班");
  await lin.to("button", /^下班/);

  await person.goto(luzhu.url);
  for (const words of ["失业金能领几个月", "我要办失业登记", "大陆居民", "没有工作", "转人工"]) await writes(words);
  assert.match(await person.page.locator("#status").innerText(), /正在等人工顾问/);
});

step("the offer arrives without a reload, is heard once, and takes no focus away", async () => {
  await lin.undisturbed(() => lin.hears(/^分给您的（1）$/));
  assert.equal(lin.times(/^分给您的（1）$/), 1);
  await look(lin, "board, with an offer and a task");
  await look(person, "chat, queued");

  await lin.activate("link", await lin.page.locator("[data-offer] a").innerText());
  await lin.sees(/在等顾问/);
  await look(lin, "conversation, waiting");
  await lin.activate("button", "接这个对话");
});

step("the counsellor has everything on the first screen", async () => {
  const text = await lin.main().innerText();
  for (const known of [/正在办：失业登记/, /问到：失业前的情况/, /失业金能领几个月/, /身份\s+大陆居民/, /目前情况\s+没有工作/, /《失业保险金发放标准问答》/, /现在由林顾问说/]) {
    assert.match(text, known);
  }
  for (const near of [lin.page.getByRole("heading", { name: "说过的情况" }), lin.page.locator("#log article").last()]) {
    const { top, bottom } = await near.evaluate((it) => it.getBoundingClientRect().toJSON());
    assert.ok(top >= 0 && bottom <= 900, `${near} is out of sight, at ${top}`);
  }
  await look(lin, "conversation, mine");
});

step("the person hears that a counsellor came, and the assistant is silent", async () => {
  await person.hears(/我是人工顾问，接下来由我/);
  assert.match(await person.page.locator("#status").innerText(), /您正在和人工顾问林顾问对话/);
  await look(person, "chat, with a counsellor");
  const answers = await person.page.locator("#log article.assistant").count();
  const scrolled = () => lin.page.locator("#log").evaluate((log) => log.scrollTop);
  await lin.to("log", "对话");
  await lin.press("Home");
  await until("the log to be at its beginning", async () => (await scrolled()) === 0);
  await lin.undisturbed(async () => {
    await writes("失业金怎么领");
    await lin.hears(/失业金怎么领/);
  });
  assert.equal(await scrolled(), 0, "who reads what was said before stays there");
  await lin.to("textbox", /^写给对方/);
  assert.equal(lin.times(/失业金怎么领/), 1);
  assert.equal(await person.page.locator("#log article.assistant").count(), answers);
  assert.equal(person.times(/我是人工顾问，接下来由我/), 1);
});

step("each reads their own script, and the original is at hand", async () => {
  await lin.type("請問您是什麼時候離職的");
  await person.undisturbed(() => person.hears(/顾问正在输入/));
  await sends("请问您是什么时候离职的");
  const message = person.page.locator("article.counsellor").last();
  await person.to("summary", "原文", { back: true });
  await person.press("Enter");
  assert.equal(await message.locator("details p").innerText(), "請問您是什麼時候離職的");
  assert.equal(person.times(/顾问正在输入/), 1);
  assert.equal(person.times(/请问您是什么时候离职的/), 1);
});

step("answers and replies are put in with a key, and by Tab and Enter", async () => {
  await lin.page.getByRole("link", { name: "插入1：失业保险金申领步骤" }).waitFor();
  await lin.to("textbox", /^写给对方/);
  await lin.accessKey("1");
  await until("the first answer", async () => /来源：/.test(await reply().inputValue()));
  await sends(/来源：/);
  const first = await reply().inputValue();
  await lin.to("link", /^插入2：/);
  await lin.press("Enter");
  await until("the second answer", async () => (await reply().inputValue()) !== first);
  await lin.press("Control+A");
  await lin.press("Delete");

  await lin.to("summary", "常用语");
  await lin.press("Enter");
  await lin.to("link", /请稍等$/);
  await lin.press("Enter");
  await until("the reply", async () => /请稍等，我查一下/.test(await reply().inputValue()));
  assert.ok(await reply().evaluate((box) => box === document.activeElement));
  await look(lin, "conversation, with replies open");
  await lin.to("textbox", /^写给对方/);
  await sends(/请稍等，我查一下/);
});

step("what could not be sent is told, and kept", async () => {
  await lin.context.setOffline(true);
  await lin.to("textbox", /^写给对方/);
  await lin.type("您先别急");
  await lin.press("Control+Enter");
  await tellsTrouble(/没有发出去/);
  const { top, bottom } = await lin.page.getByRole("alert").filter({ hasText: "没有发出去" }).boundingBox().then((box) => ({ top: box.y, bottom: box.y + box.height }));
  assert.ok(top >= 0 && bottom <= 900, "the sentence must be in sight");
  assert.equal(await reply().inputValue(), "您先别急");
  await lin.context.setOffline(false);
  await sends("您先别急");
  assert.equal(await lin.page.getByRole("alert").filter({ hasText: "没有发出去" }).count(), 0);
});

step("what is typed while a message is on its way stays", async () => {
  for (const [hand, path, box, keys] of [[lin, "**/say", /^写给对方/, "Control+Enter"], [person, "**/chat/messages", "写下您想问的", "Enter"]]) {
    let arrive;
    const way = new Promise((done) => (arrive = done));
    await hand.page.route(path, (route) => way.then(() => route.continue()));
    await hand.write(box, "一会儿就好");
    await hand.press(keys);
    await hand.type("，还有");
    arrive();
    await until("only the rest to stand there", async () => (await hand.control("textbox", box).inputValue()) === "，还有");
    await hand.press("Control+A");
    await hand.press("Delete");
    await hand.page.unroute(path);
  }
  await lin.page.locator("#log").getByText("一会儿就好").nth(1).waitFor();
});

step("notes and labels stay among colleagues", async () => {
  await lin.write(/^写备注/, "先问清楚离职日期");
  await lin.enter();
  await lin.sees("先问清楚离职日期");
  await lin.write("加标签", "月底离职");
  await lin.enter();
  await lin.page.getByRole("button", { name: "去掉：月底离职" }).waitFor();
  const told = await person.page.locator("body").innerText();
  assert.doesNotMatch(told, /先问清楚离职日期|去掉：月底离职/);
});

step("nobody goes home with people on the line", async () => {
  const talk = lin.page.url();
  await lin.activate("link", "队列和对话");
  await lin.activate("button", /^下班/);
  await tellsTrouble(/您还有没结束的对话/);
  await look(lin, "board, with trouble");
  await lin.goto(talk);
});

step("a procedure is gone through together", async () => {
  await lin.activate("button", "接着一起办");
  await person.sees(/失业以前，您是哪一种情况/);
  await writes("从单位离职");
  await lin.sees(/记下了，失业前的情况/);
  await lin.sees(/问到：离职时间/);
  await lin.write("替对方填这一题", "香蕉");
  await lin.enter();
  await tellsTrouble(/没有填上/);
  await look(lin, "conversation, with trouble");
  await lin.write("替对方填这一题", "上个月31号");
  await lin.enter();
  await person.sees(/记下了，离职时间/);
  const options = lin.page.locator("button[value^='answer/']");
  await options.first().waitFor();
  const option = await options.first().innerText();
  await lin.activate("button", option);
  await person.sees(new RegExp(`记下了.*${option}`));
  await lin.activate("button", "先放一放");
  await person.sees(/先放一放/);
});

step("a conversation could be passed on, and is closed", async () => {
  await lin.to("combobox", "转给");
  await lin.to("combobox", "要懂");
  await lin.to("textbox", /^给同事的话/);
  await lin.to("button", "转交");
  await lin.to("button", "交回给鹭助");
  await lin.choose("结果", "请对方去窗口办");
  await lin.activate("button", "结束对话");
  assert.equal(new URL(lin.page.url()).pathname, "/desk");
  await person.hears(/刚才顾问帮到您了吗/);
  await look(person, "chat, rating");
  await person.activateLive("button", /帮到了$/);
  await person.sees(/谢谢您告诉我们/);
});

step("an admin brings in a colleague, and sees who did what", async () => {
  await lin.activate("link", "同事");
  await look(lin, "team");
  await lin.write(/^账号/, "wang");
  await lin.write(/^对方看到的称呼/, "王顾问");
  await lin.activate("button", "加上");
  await lin.page.getByRole("status").filter({ hasText: "交给本人" }).waitFor();
  await look(lin, "team, with a link");
  const link = await lin.page.locator("code").innerText();

  await lin.activate("link", "没送到的");
  await look(lin, "letters");
  await lin.activate("link", "查阅记录");
  for (const done of ["登录失败", "看了对话", "接了对话", "写备注", "结束对话", "加账号"]) await lin.sees(done, lin.page.getByRole("table"));
  await look(lin, "audit");
  await lin.activate("link", "队列和对话");

  wang = await Hand.sit(browser, { script: false });
  await wang.goto(link);
});

step("without JavaScript: log in, see the queue", async () => {
  await wang.write("新密码", "海边的木棉花三月里开");
  await wang.activate("button", "设好并登录");
  await wang.activate("button", "退出");
  await wang.write("账号", "wang");
  await wang.write("密码", "海边的木棉花三月里开");
  await wang.enter();
  await wang.sees("您不在班");
  assert.equal(await wang.page.getByRole("link", { name: "同事" }).count(), 0, "a counsellor sees no page of leads");
  await wang.activate("button", /^上班/);
  await wang.sees("您在班");
});

step("who comes again is offered to the same counsellor first", async () => {
  const since = lin.heard.length;
  await writes("转人工");
  await lin.hears(/^分给您的（1）$/, since);
  await wang.activate("link", "队列和对话");
  await wang.sees("正在问林顾问");
  await wang.sees("分给您的（0）");
  await lin.activate("button", /^让给别人/);
});

step("without JavaScript: take, say, close", async () => {
  await until("the offer to go on to the next", async () => {
    await wang.activate("link", "队列和对话");
    return wang.page.getByText("分给您的（1）").count();
  });
  wrong.push(...(await wang.page.evaluate(ownChecks)).map((one) => `board without script: ${one}`));
  await wang.activate("button", /^接：/);
  await wang.sees("现在由王顾问说");
  await wang.activate("link", /^插入1：/);
  assert.notEqual(await wang.page.getByRole("textbox", { name: /^写给对方/ }).inputValue(), "");
  await wang.write(/^写给对方/, "您好，这里是没有脚本的一页");
  await wang.activate("button", "发送");
  await person.hears(/没有脚本的一页/);
  await writes("收到，谢谢");
  await wang.page.reload();
  await wang.sees("收到，谢谢");
  wrong.push(...(await wang.page.evaluate(ownChecks)).map((one) => `conversation without script: ${one}`));
  await wang.choose("结果", "问清楚了");
  await wang.activate("button", "结束对话");
  await wang.sees("我的对话（0）");
  await person.sees(/刚才顾问帮到您了吗/);
});

step("in traditional: a list changes under the hands, and the person ends the conversation", async () => {
  await lin.activate("button", "繁體中文");
  await lin.to("button", /^辦完了/);
  const since = lin.heard.length;
  await lin.undisturbed(async () => {
    await writes("转人工");
    await lin.hears(/^在等的人（1）$/, since);
  });
  await look(lin, "board, traditional");
  await lin.activate("button", /^辦完了/);
  await lin.sees("要回覆的留言和約好的時間（0）");
  await lin.activate("button", /^接：/);
  await lin.to("textbox", /^寫給對方/);
  await lin.type("在聽");
  await lin.undisturbed(async () => {
    await writes("我不想活了");
    await tellsTrouble(/先確認人是否安全/);
  });
  await look(lin, "conversation, danger, traditional");
  await person.activateLive("button", "不谈了，回到鹭助");
  await lin.sees(/現在由鷺助回答/);
  await tellsTrouble(/現在由鷺助回答/);
  assert.equal(await lin.page.getByRole("textbox", { name: /^寫給對方/ }).inputValue(), "在聽");
});

test("nothing is announced twice, or that nothing is there, and no script fails", () => {
  lin.wasNotPestered();
  person.wasNotPestered();
  assert.equal(lin.times(/（0）$/), 0);
});

test("every page has a title of its own", () => {
  assert.equal(new Set(titles.values()).size, titles.size, JSON.stringify([...titles]));
});

test("every page can be read and worked by anyone", () => {
  assert.deepEqual(wrong, []);
});
