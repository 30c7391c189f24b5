//! What a person told, once, for every procedure and every scheme.

use serde::{Deserialize, Serialize};

use crate::library::fact::Value;

/// Answers by question, in the order in which they were first given.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Told(Vec<(String, Value)>);

impl Told {
    /// The answer to a question.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Takes an answer in, in the place of an earlier one; gives the earlier one.
    pub fn set(&mut self, key: &str, value: Value) -> Option<Value> {
        match self.0.iter_mut().find(|(other, _)| other == key) {
            Some((_, told)) => Some(std::mem::replace(told, value)),
            None => {
                self.0.push((key.into(), value));
                None
            }
        }
    }

    /// Forgets an answer.
    pub fn forget(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(other, _)| other == key)?;
        Some(self.0.remove(at).1)
    }

    /// Forgets every answer for which `stays` is false.
    pub fn retain(&mut self, mut stays: impl FnMut(&str) -> bool) {
        self.0.retain(|(key, _)| stays(key));
    }

    /// All answers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives items of a list other names, e.g. after one was taken out.
    pub fn rename(&mut self, mut name: impl FnMut(&str) -> Option<String>) {
        for (key, _) in &mut self.0 {
            if let Some(new) = name(key) {
                *key = new;
            }
        }
    }
}

impl FromIterator<(String, Value)> for Told {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(answers: I) -> Self {
        let mut told = Self::default();
        for (key, value) in answers {
            told.set(&key, value);
        }
        told
    }
}
