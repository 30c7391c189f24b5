//! Platform updates as they came: stored first, read after.

use anyhow::Result;
use sqlx::Row;

use crate::store::Store;

/// One update of a platform, unread.
#[derive(Clone, Debug)]
pub struct RawUpdate {
    /// The platform's own number; grows with every update.
    pub id: i64,
    /// The update's JSON.
    pub body: String,
}

impl Store {
    /// Keeps updates; those that are known already are left as they are.
    pub async fn keep_updates(&self, channel: &str, updates: &[RawUpdate]) -> Result<()> {
        let _writing = self.writer.lock().await;
        let mut tx = self.pool.begin_with("begin immediate").await?;
        for update in updates {
            sqlx::query(
                "insert into raw_update (channel, id, body, state) values ($1, $2, $3, 'new') on conflict do nothing",
            )
            .bind(channel)
            .bind(update.id)
            .bind(update.body.as_str())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The number of the newest update that is kept.
    pub async fn newest_update(&self, channel: &str) -> Result<Option<i64>> {
        let row = sqlx::query("select max(id) as newest from raw_update where channel = $1")
            .bind(channel)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.get("newest"))
    }

    /// Updates that nobody has read yet, oldest first.
    pub async fn unread_updates(&self, channel: &str, most: i64) -> Result<Vec<RawUpdate>> {
        let rows =
            sqlx::query("select id, body from raw_update where channel = $1 and state = 'new' order by id limit $2")
                .bind(channel)
                .bind(most)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.iter().map(|row| RawUpdate { id: row.get("id"), body: row.get("body") }).collect())
    }

    /// The update was read and acted on. Its text goes: the transcript has what it said, masked.
    pub async fn update_done(&self, channel: &str, id: i64) -> Result<()> {
        self.finish_update(
            channel,
            id,
            "update raw_update set state = 'done', body = '' where channel = $1 and id = $2",
        )
        .await
    }

    /// The update cannot be read; it is kept for whoever looks into it.
    pub async fn update_dead(&self, channel: &str, id: i64) -> Result<()> {
        self.finish_update(channel, id, "update raw_update set state = 'dead' where channel = $1 and id = $2").await
    }

    async fn finish_update(&self, channel: &str, id: i64, statement: &'static str) -> Result<()> {
        let _writing = self.writer.lock().await;
        sqlx::query(statement).bind(channel).bind(id).execute(&self.pool).await?;
        Ok(())
    }
}
