//! Where a rule or a figure is laid down, and how sure we are of it.

use serde::Deserialize;

use crate::library::{problem::Report, read::Day};

/// How sure we are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Read in the source.
    Confirmed,
    /// Second-hand, conflicting or old: the conditions are told, the figures are not.
    Unconfirmed,
}

/// A document, as content names it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct SourceRow {
    /// The document's title.
    pub title: String,
    /// Its official number.
    pub number: Option<String>,
    /// The article within it.
    pub article: Option<String>,
    /// The day on which it was issued.
    pub issued: Option<Day>,
    /// An official address.
    pub url: Option<String>,
}

impl SourceRow {
    /// A source has a title, and its address is an official one.
    pub fn check(&self, key: &str, report: &mut Report<'_>) {
        report.expect(!self.title.trim().is_empty(), format!("{key}.title"), "a source needs its title");
        if let Some(url) = &self.url {
            let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
            let official = host == "gov.cn" || host.ends_with(".gov.cn");
            report.expect(
                official,
                format!("{key}.url"),
                "only https addresses of official hosts (gov.cn) may be shown",
            );
        }
    }
}
