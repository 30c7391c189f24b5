//! kill -9 in the middle of a burst: nothing that was acknowledged is lost, nothing is said twice.

use serde_json::json;

use crate::house::{Server, Visitor};

const PEOPLE: usize = 8;
const ROUNDS: usize = 3;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let cookies: Vec<String> = (0..PEOPLE).map(|_| format!("luzhu={}", uuid::Uuid::new_v4().simple())).collect();
    let mut acknowledged = vec![Vec::new(); PEOPLE];
    for round in 0..ROUNDS {
        let server = Server::start(folder.path(), &[]);
        let url = server.url.clone();
        let bursts: Vec<_> = cookies
            .iter()
            .cloned()
            .enumerate()
            .map(|(person, cookie)| {
                let visitor = Visitor::with_cookie(&url, &cookie);
                tokio::spawn(async move {
                    let mut acknowledged = Vec::new();
                    for i in 0.. {
                        let id = format!("{person}-{round}-{i}");
                        match visitor.json(&json!({"text": format!("试用期多长 {id}"), "id": id})).send().await {
                            Ok(answer) if answer.status().is_success() => acknowledged.push(id),
                            Ok(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                            // The server is gone.
                            Err(_) => break,
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        server.kill();
        for (person, burst) in bursts.into_iter().enumerate() {
            acknowledged[person].extend(burst.await.expect("a burst"));
        }
    }
    let server = Server::start(folder.path(), &[]);
    let mut total = 0;
    for (cookie, acknowledged) in cookies.iter().zip(&acknowledged) {
        let lines = Visitor::with_cookie(&server.url, cookie).transcript().await;
        let heard: Vec<&str> = lines
            .iter()
            .filter(|line| line["from"] == "you")
            .filter_map(|line| line["text"].as_str()?.split(' ').nth(1))
            .collect();
        for id in acknowledged {
            assert_eq!(heard.iter().filter(|heard| *heard == id).count(), 1, "{id} in {heard:?}");
        }
        // Every message has its answer right behind it.
        let speakers: Vec<_> = lines.iter().map(|line| line["from"].as_str().expect("a speaker")).collect();
        assert!(speakers.chunks(2).all(|pair| pair == ["you", "assistant"]), "{speakers:?}");
        total += acknowledged.len();
    }
    assert!(total >= PEOPLE * ROUNDS, "too few messages to prove anything: {total}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    Server::start(folder.path(), &[]).kill();
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}", folder.path().join("luzhu.db").display());
    let pool = sqlx::AnyPool::connect(&url).await.expect("the database");
    sqlx::query("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, 'x', 0)")
        .execute(&pool).await.expect("a later version");
    pool.close().await;
    let data = folder.path().to_str().expect("a path");
    let refused = crate::house::luzhu(&["serve", "--listen", "127.0.0.1:0", "--data", data]).output().expect("it ends");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("newer luzhu"), "{said}");
}
