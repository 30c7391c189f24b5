//! The assistant's own sentences, authored in simplified. Policy content never stands here.

/// Before the readings of a question back.
pub const CLARIFY: &str = "您想问的是哪一个？请回复数字；都不是的话，换个说法再问我。";
/// What an answer rests on stands in its source line.
pub const RESTS_ON: &str = "这样回答，依据是下面来源里的规定，要点是：";
/// Before the word that a person used for a mainland term.
pub const YOUR_WORD: &str = "您说的";
/// Before the second reading that is told.
pub const EITHER: &str = "如果您问的是";
/// Nothing is claimed.
pub const UNKNOWN: &str = "这个问题我没有把握，不敢随便回答。";
/// What to do instead.
pub const UNKNOWN_POINTS: [&str; 2] =
    ["可以拨打 12333（人力资源和社会保障）或 12345 咨询。", "回复 0 找人工顾问；也可以换个说法再问我一次。"];
/// A request was stored.
pub const HUMAN: &str = "好的，已经帮您登记找人工顾问，您刚才问的都记下了，不用再说一遍。";
/// Nobody can say how long it takes.
pub const NOBODY_YET: &str = "顾问看到后会在这个对话里回复您；现在还不能保证多久。";
/// Beside every wait.
pub const URGENT: &str = "急的话请直接拨打 12333 或 12345。";
/// What one can do while waiting.
pub const MEANWHILE: &str = "等的时候可以继续问我；回复“取消”就撤回登记。";
/// How the queue stands.
pub const WAITING: &str = "您在等人工顾问，请求一直都在。";
/// The label of hearing how the queue stands.
pub const PLACE: &str = "排到哪了";
/// The label of leaving a message.
pub const LEAVE_LABEL: &str = "留言，顾问上班后回复我";
/// The next words are a message.
pub const LEAVE: &str = "请把要对顾问说的话写下来，一条写完。不留了，回复“取消”。";
/// After a message was left or a time agreed.
pub const MORE_TO_ASK: &str = "这段时间可以继续问我。";
/// A counsellor speaks from now on.
pub const JOINED: &str = "您好，我是人工顾问，接下来由我和您说。您之前说的我都看得到，不用再说一遍。";
/// The label of letting the counsellor go.
pub const PART: &str = "不谈了，回到鹭助";
/// What is typed for it: a number may be an answer to the counsellor.
pub const PART_KEY: &str = "结束";
/// The person let the counsellor go.
pub const PARTED: &str = "好的，人工对话结束了，接下来还是我。刚才帮到您了吗？";
/// A lead reads along.
pub const READS_ALONG: &str = "我是组长，也在看这个对话，和顾问一起想办法。";
/// The counsellor passes the conversation on.
pub const TRANSFERRED: &str = "这件事我请更熟悉的同事来。您说过的都会带过去，不用再说一遍。";
/// The counsellor gives the conversation back.
pub const GIVEN_BACK: &str = "接下来由鹭助继续陪您。需要我的时候，回复 0。";
/// The counsellor puts the procedure aside.
pub const PUT_ASIDE: &str = "这些问题先放一放，您的回答都留着，我们直接说。";
/// The matter is settled.
pub const CLOSED: &str = "这次就到这里，祝您顺利。以后有事随时回来。";
/// The person did not write any more.
pub const SILENT: &str = "您有一阵子没有回复，我先结束这次对话。您说过的都留着，随时可以再找我们。";
/// Asks whether it helped.
pub const HELPED: &str = "刚才顾问帮到您了吗？不想答也没关系，直接问下一个问题就行。";
/// It helped.
pub const RATED: &str = "谢谢您告诉我们。有问题可以继续问我。";
/// It did not help.
pub const RATED_DOWN: &str = "对不起，这次没有帮到您。已经帮您再登记一位顾问，您说过的都在，不用再说一遍。";
/// The counsellor is gone without a word.
pub const LOST: &str = "刚才的顾问一时回不来了，对不起。您排在前面等下一位，说过的都在，不用再说一遍。";
/// After the second question in a row that we cannot answer.
pub const UNKNOWN_AGAIN: &str = "这个我也没有把握。不想让您一直绕圈子，已经帮您登记人工顾问，您问过的都记下了。";
/// Under the answer of a matter that only a person may judge.
pub const ONLY_A_PERSON: &str = "这件事要由人来判断，已经帮您登记人工顾问；不需要的话，回复 8 撤回。";
/// Under a result that only the office can settle.
pub const OFFICE_DECIDES: &str =
    "这个结果要由经办机构核定，已经帮您登记人工顾问，您说过的都记下了；不需要的话，回复 8 撤回。";
/// A counsellor wrote a number that must not be kept.
pub const MASKED_HERE: &str = "有一个号码已经遮住，没有保存。";
/// A request waits already.
pub const HUMAN_AGAIN: &str = "您已经登记过找人工顾问，不用再登记，请求一直都在。";
/// The request was withdrawn.
pub const WITHDRAWN: &str = "已经撤回找人工顾问的登记。有问题可以继续问我。";
/// Nothing to withdraw.
pub const NOTHING_TO_WITHDRAW: &str = "现在没有在等的人工登记。有问题可以直接问我。";
/// The script was switched.
pub const SWITCHED: &str = "好的，之后都用这种字体和您说。";
/// Nothing legible came.
pub const EMPTY: &str = "我没有收到文字。请写下您想问的，比如：失业金怎么领？";
/// Too much came at once.
pub const TOO_LONG: &str = "这段话太长了，我没有读完。请用一两句话说您最想问的事。";
/// An old button.
pub const STALE: &str = "这个选项已经失效了，请直接写下您想问的。";
/// A number that was not offered.
pub const NO_SUCH_CHOICE: &str = "没有这个选项。请回复列出的数字，或者直接写下您想问的。";
/// Something that is not words; the kind of thing stands in front.
pub fn unreadable(name: &str) -> &'static str {
    match name {
        "照片" | "视频" => {
            "我现在只看得懂文字，照片和视频看不了，也没有保存。请把里面最要紧的话写下来；证件的照片请不要发在这里。不方便打字的话，回复 0 找人工顾问。"
        }
        "语音" => {
            "我现在只看得懂文字，语音还听不了。您可以用手机键盘上的语音输入，说完变成文字再发；不方便的话，回复 0 找人工顾问。"
        }
        "贴图" => "收到您的贴图了。我现在只看得懂文字，想问什么直接写下来就好。",
        "文件" => {
            "我现在只看得懂文字，文件打不开，也没有保存。请写下您想问的；办事的材料请交到官方系统或者窗口。不方便打字的话，回复 0 找人工顾问。"
        }
        "位置" => {
            "您的位置没有保存。各服务点的地址我们还没有核实，算不出哪一处最近；请看下面怎么问到离您最近的一处。"
        }
        "名片" => "名片没有保存，我不会联系别人。请直接写下您想问的；不方便打字的话，回复 0 找人工顾问。",
        _ => "我现在只看得懂文字。请把想问的写下来；不方便打字的话，回复 0 找人工顾问。",
    }
}
/// A number was masked; its kind stands in front.
pub const MASKED: &str = "已经遮住、没有保存：在这里咨询不需要它，办理时请到官方系统填写。";
/// Only a number came.
pub const ONLY_NUMBER: &str = "在这里咨询不需要证件、电话或银行卡号码。请写下您想问的事。";
/// After two answers that cannot both be right.
pub const CONFLICT: &str = "请先改对其中一个，再往下算；也可以直接说正确的。";
/// What can be said at every question.
pub const REPAIRS: &str = "随时可以说：上一步、为什么问、不确定、改一下、总结、取消。";
/// What can be said at every question, in full.
pub const HELP: &str = "不想答可以说“跳过”，不知道可以说“不确定”。答错了说“上一步”，或者“改一下”加上名字。想看全部回答说“我答了什么”，要小结说“总结”。中途可以问别的，问完会回来。不办了说“取消”。";
/// Nothing was answered yet.
pub const NOTHING_TOLD: &str = "您还没有回答过问题。";
/// Before everything that was weighed at once.
pub const RANKING: &str = "按您说的情况，初步看是这样：";
/// After a scheme was weighed on its own.
pub const WEIGHED: &str = "接下来可以看怎么办，或者看说明。";
/// Under a summary.
pub const SUMMARY: &str = "这份小结可以在窗口出示；里面没有证件号码。结果是初步判断，以经办机构核定为准。";
/// A procedure leads to a person.
pub const HANDED_OVER: &str = "这一步要由人工顾问接手。已经帮您登记，您说过的都记下了，不用再说一遍。";
/// A procedure leads to a person, and they are going through it together.
pub const TOGETHER: &str = "这一步由我来接手，您说过的都在，我们接着说。";
/// What was told is too old.
pub const FORGOTTEN: &str = "上次办理已经超过30天，之前的回答按约定清除了。";
/// A code to go on elsewhere; the digits stand in front.
pub const CODE: &str = "这是您的续办码。15分钟之内，在新的地方把它发给我，就能接着办。只能用一次，别告诉别人。";
/// A code was used.
pub const CODE_USED: &str = "接上了，您在另一边说过的都在这里。";
/// A code was wrong.
pub const CODE_WRONG: &str = "这个续办码不对，或者已经过期、用过了。请在原来的地方再要一个。";
/// Too many wrong codes.
pub const CODE_TRIES: &str = "试错的次数太多，请过15分钟再试，或者回复 0 找人工顾问。";
/// The article is not confirmed.
pub const UNCONFIRMED: &str = "注意：这部分还没有得到官方文件确认，办理前请拨 12333 或转人工核实。";
/// The article's review is overdue.
pub const OVERDUE: &str = "注意：这部分已过复核日期，请再向 12333 确认是否有变化。";
/// In place of a figure that may not be told.
pub const NO_FIGURE: &str = "〔数额未确认，请拨12333〕";
/// The label of key 0.
pub const PERSON: &str = "找人工顾问";
/// The label of key 9.
pub const MORE: &str = "更多";
/// The label of withdrawing.
pub const WITHDRAW: &str = "撤回登记，不找顾问了";
