//! The one that writes. What is to be written comes in pieces; those that wait while the disk is busy
//! share the next commit, each in a savepoint, so that one that fails spoils none of the others.

use std::{future::Future, pin::Pin};

use anyhow::{Context, Result, anyhow};
use sqlx::{Any, AnyConnection, AnyPool, any::AnyArguments, any::AnyRow, query::Query};
use tokio::sync::{mpsc, oneshot};

use crate::{crash, store::Store};

/// Pieces in one commit.
const TOGETHER: usize = 64;

/// Pieces that may wait; who comes after them waits to be let in.
const WAITING: usize = 1024;

/// A statement whose values are its own.
pub(super) type Statement = Query<'static, Any, AnyArguments>;

/// What goes on inside of a transaction.
pub(super) type Going<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tells whoever waits what became of a piece, once that is known.
type Tell = Box<dyn FnOnce(Result<()>) + Send>;

/// One piece: writes, and says whether that stays and whom to tell.
type Piece = Box<dyn for<'a> FnOnce(&'a mut AnyConnection) -> Going<'a, (bool, Tell)> + Send>;

/// Where pieces are handed in.
pub(super) struct Writer {
    pieces: mpsc::Sender<Piece>,
}

impl Writer {
    /// Begins to write; ends with the store.
    pub(super) fn new(pool: AnyPool) -> Self {
        let (pieces, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(TOGETHER);
            while waiting.recv_many(&mut batch, TOGETHER).await > 0 {
                commit(&pool, &mut batch).await;
                batch.clear();
            }
        });
        Self { pieces }
    }
}

/// Writes a batch. Whoever is not told by the end learns that nothing was written.
async fn commit(pool: &AnyPool, batch: &mut Vec<Piece>) {
    let mut told = Vec::with_capacity(batch.len());
    let mut db = match pool.acquire().await {
        Ok(db) => db,
        Err(error) => return tracing::error!("the database cannot be opened: {error}"),
    };
    // When the disk fails, SQLite ends a transaction by itself. A transaction of sqlx's would not notice
    // and refuse to begin another one on this connection for ever.
    let written = async {
        // Immediate: another program (luzhu admin) may write too, and its lines are found then.
        sqlx::query("begin immediate; savepoint piece").execute(&mut *db).await?;
        for piece in batch.drain(..) {
            let (keep, tell) = piece(&mut db).await;
            told.push(tell);
            // In one go, and prepared once: the way to the database's own thread and back is what takes time.
            let next = if keep { "release piece; savepoint piece" } else { "rollback to piece" };
            sqlx::query(next).execute(&mut *db).await?;
        }
        crash::before("commit");
        sqlx::query("commit").execute(&mut *db).await?;
        crash::after("commit");
        Ok(())
    };
    let written = written.await.map_err(|error: sqlx::Error| error.to_string());
    if let Err(error) = &written {
        tracing::error!("the database cannot be written: {error}");
        // It may be over already.
        let _ = sqlx::raw_sql("rollback").execute(&mut *db).await;
    }
    for tell in told {
        tell(written.clone().map_err(|error| anyhow!("the database cannot be written: {error}")));
    }
}

impl Store {
    /// Writes in a transaction: all of it, or nothing when it fails. Durable when this returns, and it
    /// happens even if nobody waits for it any more. Never call it from within.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut AnyConnection) -> Going<'a, Result<T>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let piece: Piece = Box::new(move |db| {
            Box::pin(async move {
                // Nobody may be waiting any more; it is written all the same.
                match work(db).await {
                    Ok(value) => {
                        let tell = move |written: Result<()>| _ = tell.send(written.map(|()| value));
                        (true, Box::new(tell) as Tell)
                    }
                    Err(error) => (false, Box::new(move |_: Result<()>| _ = tell.send(Err(error))) as Tell),
                }
            })
        });
        self.writer.pieces.send(piece).await.map_err(|_| anyhow!("the store is closed"))?;
        told.await.context("the database does not answer")?
    }

    /// Writes one statement; how many rows that changed.
    pub(super) async fn execute(&self, name: &'static str, statement: Statement) -> Result<u64> {
        self.write(move |db| Box::pin(run(db, name, statement))).await
    }

    /// Writes several statements, all or none.
    pub(super) async fn execute_all(&self, name: &'static str, statements: Vec<Statement>) -> Result<()> {
        self.write(move |db| {
            Box::pin(async move {
                for statement in statements {
                    run(db, name, statement).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// Runs one statement of a transaction; how many rows that changed.
pub(super) async fn run(db: &mut AnyConnection, name: &'static str, statement: Statement) -> Result<u64> {
    crash::before(name);
    let changed = statement.execute(db).await?.rows_affected();
    crash::after(name);
    Ok(changed)
}

/// Runs one statement of a transaction that gives a row, or none.
pub(super) async fn row(db: &mut AnyConnection, name: &'static str, statement: Statement) -> Result<Option<AnyRow>> {
    crash::before(name);
    let row = statement.fetch_optional(db).await?;
    crash::after(name);
    Ok(row)
}
