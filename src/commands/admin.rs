//! `luzhu admin`: the first account, and help when nobody can log in. It may run beside the server:
//! it only touches accounts, in short writes of its own.

use anyhow::{Context, Result, ensure};

use crate::{
    channels::terminal::print_line,
    store::{Role, Store},
};

/// What to do.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Make an account: its name, the name that people see, its role.
    Add(String, Option<String>, Option<Role>),
    /// A new link for a forgotten password.
    Reset(String),
    /// List the accounts.
    List,
}

/// Does it, and prints the one-time link that it leads to.
pub async fn run(store: &Store, deed: Deed, url: &str, now: i64) -> Result<()> {
    let name = match deed {
        Deed::List => {
            for one in store.counsellors().await? {
                let state = if one.is_active() { "" } else { " (disabled)" };
                print_line(&format!("{} {} {}{state}", one.name, one.role.name(), one.shown));
            }
            return Ok(());
        }
        Deed::Reset(name) => {
            store.counsellor(&name).await?.with_context(|| format!("there is no account named {name}"))?;
            name
        }
        Deed::Add(name, shown, role) => {
            ensure!(
                crate::store::is_account_name(&name),
                "`{name}` cannot be an account: use 2 to 31 small letters, digits, - and _, a letter first"
            );
            // Whoever comes first must be able to bring in the others.
            let first = store.counsellors().await?.is_empty();
            let role = role.unwrap_or(if first { Role::Admin } else { Role::Counsellor });
            ensure!(!first || role.is_admin(), "the first account must be an admin; leave --role out");
            let shown = shown.unwrap_or_else(|| format!("{}{name}", role.title()));
            store.add_counsellor(&name, &shown, role, now).await?;
            name
        }
    };
    let token = store.invite(&name, now).await?;
    store.audit("command line", "account-invite", &name, now).await?;
    print_line("This link sets the password once, within 24 hours:");
    print_line(&format!("{url}/desk/welcome?token={token}"));
    Ok(())
}
