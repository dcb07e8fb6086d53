//! The nearest known name to a mistyped one, by edit distance: Θ(length × length) for each known name, on faults only.

/// How many known names a message lists where none is near.
const LISTED_MAX: usize = 8;

/// At most so many known names are compared.
const COMPARED_MAX: usize = 10_000;

/// Longer texts are nobody's slip of the pen.
const LENGTH_MAX: usize = 100;

/// The nearest name in backquotes, or the first ones, for a message that says what is known.
pub(crate) fn known<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Box<str> {
    let names: Vec<&str> = names.into_iter().take(COMPARED_MAX).collect();
    let name = name.to_lowercase();
    let slips = (name.chars().count() / 3).clamp(1, 3);
    let nearest = names.iter().map(|known| (distance(&name, &known.to_lowercase()), *known)).min();
    if let Some((distance, known)) = nearest
        && distance <= slips
    {
        return format!("`{known}`").into();
    }
    if names.is_empty() {
        return "–".into();
    }
    let mut listed: Vec<String> = names.iter().take(LISTED_MAX).map(|known| format!("`{known}`")).collect();
    if names.len() > LISTED_MAX {
        listed.push("…".to_owned());
    }
    listed.join(", ").into()
}

/// Insertions, deletions, replacements and exchanges of neighbours that lead from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len().max(to.len()) > LENGTH_MAX {
        return usize::MAX;
    }
    let mut older = vec![0; to.len() + 1];
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut least = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && letter == &to[column - 1] && &from[row - 1] == other {
                least = least.min(older[column - 1] + 1);
            }
            current.push(least);
        }
        older = std::mem::replace(&mut above, current);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_gives_one_name_and_anything_else_the_list() {
        let names = ["fare", "extra", "tolls"];
        assert_eq!(&*known("fara", names), "`fare`");
        assert_eq!(&*known("afre", names), "`fare`");
        assert_eq!(&*known("FARE", names), "`fare`");
        assert_eq!(&*known("congestion", names), "`fare`, `extra`, `tolls`");
        assert_eq!(&*known("x", []), "–");
    }
}
