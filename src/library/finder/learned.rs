//! What each term says for and against each subject, learned from the `asks` lines and from the articles' sentences.
//!
//! A linear model over the terms of a question. It goes through all of them a few times; where a line does not find
//! its subject first, and clearly, the weights of its terms move towards that subject and away from the one that
//! won (passive-aggressive, Crammer et al. 2006). What is kept is the mean of the weights over all that time, since
//! the last ones lean to the last lines. So it knows what counting cannot: which of two neighbours a term tells from
//! the other.

use crate::library::finder::TermId;

/// How often it goes through the lines.
const ROUNDS: usize = 4;

/// How far ahead of all others a line's own subject should be.
const MARGIN: f32 = 1.0;

/// A prime, so that steps of this size visit every line once, and neighbours far from each other.
const STRIDE: usize = 1_000_003;

/// A line to learn from: its subject, and its terms with what they tell, as a vector of length one.
pub(super) type Line = (usize, Vec<(TermId, f32)>);

/// The weights of all terms, for every subject that they say something about.
#[derive(Default)]
pub(super) struct Learned {
    weights: Vec<(u16, f32)>,
    /// Where the weights of each term begin; one more than there are terms.
    starts: Vec<usize>,
    subjects: usize,
}

/// A weight while it is learned: as it is now, and what its mean needs.
#[derive(Clone, Copy)]
struct Weight {
    subject: u16,
    now: f32,
    moved: f32,
}

impl Learned {
    /// Learns from lines.
    pub(super) fn from(lines: &[Line], terms: usize, subjects: usize) -> Self {
        let mut rows: Vec<Vec<Weight>> = vec![vec![]; terms];
        let mut scores = vec![0.0_f32; subjects];
        let mut time = 1.0;
        for i in (0..lines.len() * ROUNDS).map(|i| i * STRIDE % lines.len()) {
            let (own, terms) = &lines[i];
            scores.fill(0.0);
            for (id, tells) in terms {
                for weight in &rows[*id as usize] {
                    scores[usize::from(weight.subject)] += tells * weight.now;
                }
            }
            let others = (0..subjects).filter(|subject| subject != own);
            let rival = others.max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(*own);
            let short = MARGIN - (scores[*own] - scores[rival]);
            if short > 0.0 && rival != *own {
                for (id, tells) in terms {
                    let step = tells * short / 2.0;
                    change(&mut rows[*id as usize], *own, step, time);
                    change(&mut rows[*id as usize], rival, -step, time);
                }
            }
            time += 1.0;
        }
        let mut learned = Self { weights: vec![], starts: vec![0], subjects };
        for row in rows {
            learned.weights.extend(row.iter().map(|weight| (weight.subject, weight.now - weight.moved / time)));
            learned.starts.push(learned.weights.len());
        }
        learned
    }

    /// What the terms of a question say for each subject; `terms` as a vector of length one, as in [`Line`].
    pub(super) fn scores(&self, terms: &[(TermId, f32)]) -> Vec<f32> {
        let mut scores = vec![0.0; self.subjects];
        for (id, tells) in terms {
            let range = self.starts[*id as usize]..self.starts[*id as usize + 1];
            for (subject, weight) in &self.weights[range] {
                scores[usize::from(*subject)] += tells * weight;
            }
        }
        scores
    }
}

/// Moves the weight of one subject.
fn change(row: &mut Vec<Weight>, subject: usize, step: f32, time: f32) {
    let subject = u16::try_from(subject).unwrap_or(u16::MAX);
    let at = match row.binary_search_by_key(&subject, |weight| weight.subject) {
        Ok(at) => at,
        Err(at) => {
            row.insert(at, Weight { subject, now: 0.0, moved: 0.0 });
            at
        }
    };
    row[at].now += step;
    row[at].moved += step * time;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of subjects 0 and 1; term 0 stands in all of them, 1 and 2 in those of one.
    fn learned() -> Learned {
        let line = |subject, terms: &[TermId]| {
            let length = (terms.len() as f32).sqrt();
            (subject, terms.iter().map(|id| (*id, 1.0 / length)).collect())
        };
        let lines: Vec<Line> = vec![line(0, &[0, 1]), line(1, &[0, 2]), line(0, &[0, 1, 3]), line(1, &[0, 2, 3])];
        Learned::from(&lines, 5, 3)
    }

    #[test]
    fn what_tells_two_neighbours_apart_counts() {
        let learned = learned();
        assert!(learned.scores(&[(1, 1.0)])[0] > 0.3);
        assert!(learned.scores(&[(1, 1.0)])[1] < -0.3);
        assert!(learned.scores(&[(2, 1.0)])[1] > 0.3);
    }

    #[test]
    fn what_both_share_says_nothing() {
        let scores = learned().scores(&[(0, 0.7), (3, 0.7)]);
        assert!((scores[0] - scores[1]).abs() < 0.1, "{scores:?}");
        assert_eq!(learned().scores(&[(4, 1.0)]), [0.0; 3]);
    }

    #[test]
    fn nothing_is_learned_from_nothing() {
        assert_eq!(Learned::from(&[], 2, 2).scores(&[(1, 1.0)]), [0.0; 2]);
    }
}
