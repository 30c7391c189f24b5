//! `luzhu audit verify`: whether the record of who looked at what is whole.

use anyhow::{Result, bail};

use crate::{channels::terminal::print_line, store::Store};

/// Goes along the chain; a head that was noted earlier must still be in it.
pub async fn verify(store: &Store, head: Option<&str>) -> Result<()> {
    match store.audit_verify(head).await? {
        Err(seq) => bail!("the audit log is broken at line {seq}: it was changed, or lines are missing"),
        Ok((_, false)) if head.is_some() => {
            bail!("that head is not in the audit log: its end was cut off, or it was written anew")
        }
        Ok((chain, _)) => {
            print_line(&format!("{} lines, all in order. Note this head in another place:", chain.count));
            print_line(&chain.head);
            Ok(())
        }
    }
}
