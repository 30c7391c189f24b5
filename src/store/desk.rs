//! What the desk asks for: the queue, who is on duty, conversations at hand, notes, labels, tasks.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::{
    conversation::handoff::queue::{Lately, OnDuty, Waiting},
    message::Address,
    store::{Line, Store, handoff::Wants, line, writer::run},
};

/// How many of the latest conversations tell how long one takes.
const LATELY: i64 = 500;

/// A request as the desk lists it.
#[derive(Clone, Debug)]
pub struct Queued {
    /// Who waits.
    pub address: Address,
    /// Why: a [`crate::conversation::state::Reason`]'s name.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
    /// What is asked for.
    pub wants: Wants,
    /// To whom it is offered, and since when.
    pub offered: Option<(String, i64)>,
    /// Who let it pass.
    passed: Vec<String>,
}

/// A conversation that a counsellor holds.
#[derive(Clone, Debug)]
pub struct Mine {
    /// With whom.
    pub address: Address,
    /// Who holds it.
    pub owner: String,
    /// The person's last line.
    pub heard_seq: i64,
    /// When it came.
    pub heard_at: i64,
    /// When the counsellor wrote last.
    pub said_at: i64,
    /// Up to where the counsellor has read.
    pub read_seq: i64,
}

/// An earlier request of the same person, or an open one.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub asked_at: i64,
    /// Who took it.
    pub by: Option<String>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// How: a [`crate::message::Ending`]'s name.
    pub ending: Option<String>,
    /// Whether it helped, if that was said.
    pub rated: Option<bool>,
}

/// What one counsellor wrote for the others.
#[derive(Clone, Debug)]
pub struct NoteRow {
    /// Who.
    pub by: String,
    /// When.
    pub at: i64,
    /// What.
    pub body: String,
}

/// Somebody writes to a person until a time.
#[derive(Clone, Debug)]
pub struct TaskRow {
    /// Its id.
    pub id: String,
    /// To whom.
    pub address: Address,
    /// About what, in the person's words.
    pub about: String,
    /// What its owner should be good at.
    pub skills: Vec<String>,
    /// Not before.
    pub from: i64,
    /// Until when.
    pub due: i64,
    /// Whose it is.
    pub owner: Option<String>,
}

impl Store {
    /// Everybody who waits, as the queue weighs them.
    pub async fn waiting(&self) -> Result<Vec<Waiting>> {
        let waiting = self.queued().await?.into_iter().map(|queued| Waiting {
            address: queued.address.to_string(),
            urgent: queued.reason == "crisis",
            since: queued.since,
            skills: queued.wants.skills,
            district: queued.wants.district,
            script: queued.wants.script,
            previous: queued.wants.wish,
            passed: queued.passed,
            offered: queued.offered,
        });
        Ok(waiting.collect())
    }

    /// Everybody who waits: danger first, then the longest.
    pub async fn queued(&self) -> Result<Vec<Queued>> {
        let rows = sqlx::query(
            "select address, request, asked_at, wants, offered_to, offered_at, passed from conversation
             where request is not null
             order by case when request = 'crisis' then 0 else 1 end, asked_at, address",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let to: Option<String> = row.get("offered_to");
                let wants: Option<String> = row.get("wants");
                Ok(Queued {
                    address: address(row)?,
                    reason: row.get("request"),
                    since: row.get::<Option<i64>, _>("asked_at").unwrap_or_default(),
                    wants: wants.map(|wants| json(&wants)).transpose()?.unwrap_or_default(),
                    offered: to.zip(row.get::<Option<i64>, _>("offered_at")),
                    passed: json(row.get("passed"))?,
                })
            })
            .collect()
    }

    /// Offers a request to a counsellor.
    pub async fn offer(&self, address: &str, to: &str, now: i64) -> Result<()> {
        let offered = sqlx::query("update conversation set offered_to = $2, offered_at = $3 where address = $1 and request is not null and owner is null")
            .bind(address)
            .bind(to)
            .bind(now);
        let counted =
            sqlx::query("update talk set offers = offers + 1, offered_at = $2 where address = $1 and ended_at is null")
                .bind(address)
                .bind(now);
        self.execute_all("offer", vec![offered, counted]).await
    }

    /// A counsellor let an offer pass: it goes to the next.
    pub async fn pass(&self, waiting: &Waiting, name: &str) -> Result<()> {
        let mut passed = waiting.passed.clone();
        passed.push(name.to_owned());
        let cleared = sqlx::query("update conversation set offered_to = null, offered_at = null, passed = $3 where address = $1 and offered_to = $2")
            .bind(&waiting.address)
            .bind(name)
            .bind(serde_json::to_string(&passed)?);
        let counted = sqlx::query("update talk set passes = passes + 1 where address = $1 and ended_at is null")
            .bind(&waiting.address);
        self.execute_all("pass", vec![cleared, counted]).await
    }

    /// Counsellors on duty whose desk was open since this time, with the conversations that they hold.
    pub async fn on_duty(&self, since: i64) -> Result<Vec<OnDuty>> {
        let rows = sqlx::query(
            "select name, skills, districts, scripts, capacity, free_since from counsellor c
             where on_duty = 1 and disabled_at is null
               and exists (select 1 from desk_session s where s.name = c.name and s.seen_at >= $1)
             order by name",
        )
        .bind(since)
        .fetch_all(&self.pool)
        .await?;
        let talks = sqlx::query("select by_name, taken_at from talk where ended_at is null and by_name is not null")
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let name: String = row.get("name");
                let own = talks.iter().filter(|talk| talk.get::<String, _>("by_name") == name);
                Ok(OnDuty {
                    talks: own.map(|talk| talk.get("taken_at")).collect(),
                    name,
                    skills: json(row.get("skills"))?,
                    districts: json(row.get("districts"))?,
                    scripts: json(row.get("scripts"))?,
                    capacity: usize::try_from(row.get::<i64, _>("capacity")).unwrap_or_default(),
                    free_since: row.get("free_since"),
                })
            })
            .collect()
    }

    /// How requests went lately.
    pub async fn lately(&self, now: i64) -> Result<Lately> {
        let rows = sqlx::query(
            "select asked_at, offered_at, taken_at, ended_at, reason, offers, passes from talk
             where ended_at is not null and ending not in ('transferred', 'message') order by ended_at desc limit $1",
        )
        .bind(LATELY)
        .fetch_all(&self.pool)
        .await?;
        let fresh = sqlx::query("select count(*) as n from talk where asked_at > $1 and reason <> 'transfer'")
            .bind(now - 3_600_000 / 4)
            .fetch_one(&self.pool)
            .await?;
        let (at, maybe) =
            (|row: &AnyRow, name| row.get::<i64, _>(name), |row: &AnyRow, name| row.get::<Option<i64>, _>(name));
        // Those begun last come last: by their end, short ones would come first.
        let mut taken: Vec<(i64, i64)> =
            rows.iter().filter_map(|row| Some((maybe(row, "taken_at")?, at(row, "ended_at")))).collect();
        taken.sort_unstable();
        let requests: Vec<(i64, bool)> = rows
            .iter()
            .map(|row| {
                let taken = maybe(row, "taken_at");
                (taken.unwrap_or(at(row, "ended_at")) - at(row, "asked_at"), taken.is_none())
            })
            .collect();
        let share = |part: i64, whole: i64| part as f64 / whole.max(1) as f64;
        let hours: std::collections::HashSet<i64> = rows.iter().map(|row| at(row, "asked_at") / 3_600_000).collect();
        let urgent = rows.iter().filter(|row| row.get::<String, _>("reason") == "crisis").count() as i64;
        let taking: Vec<i64> =
            rows.iter().filter_map(|row| Some(maybe(row, "taken_at")? - maybe(row, "offered_at")?)).collect();
        let (offers, passes) =
            rows.iter().fold((0, 0), |(offers, passes), row| (offers + at(row, "offers"), passes + at(row, "passes")));
        Ok(Lately {
            lengths: taken.iter().map(|(taken, ended)| ended - taken).collect(),
            urgent: share(urgent, requests.len() as i64),
            requests,
            // In an hour in which anybody asks at all.
            hourly: rows.len() as f64 / hours.len().max(1) as f64,
            quarter: usize::try_from(fresh.get::<i64, _>("n")).unwrap_or_default(),
            passing: share(passes, offers),
            taking: taking.iter().sum::<i64>() / (taking.len() as i64).max(1),
        })
    }

    /// The conversations that counsellors hold: of one, or all.
    pub async fn held(&self, by: Option<&str>) -> Result<Vec<Mine>> {
        let rows = sqlx::query(
            "select address, owner, heard_seq, heard_at, said_at, read_seq from conversation
             where owner is not null and ($1 = '' or owner = $1) order by heard_at",
        )
        .bind(by.unwrap_or_default())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Mine {
                    address: address(row)?,
                    owner: row.get("owner"),
                    heard_seq: row.get("heard_seq"),
                    heard_at: row.get("heard_at"),
                    said_at: row.get("said_at"),
                    read_seq: row.get("read_seq"),
                })
            })
            .collect()
    }

    /// Who holds a conversation.
    pub async fn owner(&self, address: &Address) -> Result<Option<String>> {
        let row = sqlx::query("select owner from conversation where address = $1")
            .bind(address.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.and_then(|row| row.get("owner")))
    }

    /// The counsellor who holds it has read up to here.
    pub async fn read(&self, address: &Address, seq: i64) -> Result<()> {
        self.execute(
            "read",
            sqlx::query("update conversation set read_seq = $2 where address = $1 and read_seq < $2")
                .bind(address.to_string())
                .bind(seq),
        )
        .await?;
        Ok(())
    }

    /// Lines of a transcript that were not, or not yet, delivered: their place and what became of them
    /// (`due`, `sending`, `dead`, `cancelled`).
    pub async fn undelivered(&self, address: &Address) -> Result<Vec<(i64, String)>> {
        let rows = sqlx::query(
            "select seq, delivery from message where address = $1 and delivery in ('due', 'sending', 'dead', 'cancelled') order by seq",
        )
        .bind(address.to_string())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.iter().map(|row| (row.get("seq"), row.get("delivery"))).collect())
    }

    /// The last line that the person wrote.
    pub async fn last_heard(&self, address: &Address) -> Result<Option<Line>> {
        let row = sqlx::query(
            "select seq, author, at, body from message where address = $1 and author = 'you' order by seq desc limit 1",
        )
        .bind(address.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(line).transpose()
    }

    /// The person's requests, latest first.
    pub async fn earlier(&self, address: &Address) -> Result<Vec<Earlier>> {
        let rows = sqlx::query(
            "select reason, asked_at, by_name, ended_at, ending, rated from talk where address = $1
             order by asked_at desc, id desc limit 20",
        )
        .bind(address.to_string())
        .fetch_all(&self.pool)
        .await?;
        let of = |row: &AnyRow| Earlier {
            reason: row.get("reason"),
            asked_at: row.get("asked_at"),
            by: row.get("by_name"),
            ended_at: row.get("ended_at"),
            ending: row.get("ending"),
            rated: row.get::<Option<i64>, _>("rated").map(|rated| rated == 1),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Writes a note that only colleagues read.
    pub async fn add_note(&self, address: &Address, by: &str, body: &str, now: i64) -> Result<()> {
        self.execute(
            "add_note",
            sqlx::query("insert into note (id, address, by_name, at, body) values ($1, $2, $3, $4, $5)")
                .bind(Uuid::now_v7().to_string())
                .bind(address.to_string())
                .bind(by)
                .bind(now)
                .bind(body),
        )
        .await?;
        Ok(())
    }

    /// The notes about a person, oldest first.
    pub async fn notes(&self, address: &Address) -> Result<Vec<NoteRow>> {
        let rows = sqlx::query("select by_name, at, body from note where address = $1 order by at, id")
            .bind(address.to_string())
            .fetch_all(&self.pool)
            .await?;
        Ok(rows
            .iter()
            .map(|row| NoteRow { by: row.get("by_name"), at: row.get("at"), body: row.get("body") })
            .collect())
    }

    /// Puts a label on a conversation, or takes it off where it is.
    pub async fn toggle_label(&self, address: &Address, label: &str, by: &str) -> Result<()> {
        let off =
            sqlx::query("delete from label where address = $1 and label = $2").bind(address.to_string()).bind(label);
        let on = sqlx::query("insert into label (address, label, by_name) values ($1, $2, $3)")
            .bind(address.to_string())
            .bind(label)
            .bind(by);
        self.write(move |db| {
            Box::pin(async move {
                if run(db, "label off", off).await? == 0 {
                    run(db, "label on", on).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The labels of a conversation.
    pub async fn labels(&self, address: &Address) -> Result<Vec<String>> {
        let rows = sqlx::query("select label from label where address = $1 order by label")
            .bind(address.to_string())
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(|row| row.get("label")).collect())
    }

    /// The tasks that are open, the most urgent first.
    pub async fn tasks(&self) -> Result<Vec<TaskRow>> {
        let rows = sqlx::query(
            "select id, address, about, skills, from_at, due_at, owner from task where done_at is null order by due_at, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(TaskRow {
                    id: row.get("id"),
                    address: address(row)?,
                    about: row.get("about"),
                    skills: json(row.get("skills"))?,
                    from: row.get("from_at"),
                    due: row.get("due_at"),
                    owner: row.get("owner"),
                })
            })
            .collect()
    }

    /// Gives a task to a counsellor.
    pub async fn give_task(&self, id: &str, to: &str) -> Result<()> {
        self.execute("give_task", sqlx::query("update task set owner = $2 where id = $1").bind(id).bind(to)).await?;
        Ok(())
    }

    /// A task is done.
    pub async fn finish_task(&self, id: &str, now: i64) -> Result<()> {
        self.execute(
            "finish_task",
            sqlx::query("update task set done_at = $2 where id = $1 and done_at is null").bind(id).bind(now),
        )
        .await?;
        Ok(())
    }
}

fn address(row: &AnyRow) -> Result<Address> {
    row.get::<String, _>("address").parse().map_err(anyhow::Error::msg)
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).context("a stored list cannot be read")
}
