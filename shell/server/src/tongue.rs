//! The language in which people are spoken to: English or Korean, by `--lang` or the environment.

/// English or Korean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    English,
    /// 한국어.
    Korean,
}

impl Tongue {
    /// What `--lang` says; else what `LC_ALL`, `LC_MESSAGES` or `LANG` say, the first that is set; else English.
    #[must_use]
    pub fn chosen(option: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let from_environment = || ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
        match option.map(str::to_owned).or_else(from_environment) {
            Some(tag) if tag.starts_with("ko") => Self::Korean,
            _ => Self::English,
        }
    }

    /// One of two texts.
    #[must_use]
    pub const fn of<'t>(self, english: &'t str, korean: &'t str) -> &'t str {
        match self {
            Self::English => english,
            Self::Korean => korean,
        }
    }

    /// As the book loader calls it.
    #[must_use]
    pub const fn of_book(self) -> book::Language {
        match self {
            Self::English => book::Language::English,
            Self::Korean => book::Language::Korean,
        }
    }

    /// As documents call it.
    #[must_use]
    pub const fn of_documents(self) -> documents::Lang {
        match self {
            Self::English => documents::Lang::English,
            Self::Korean => documents::Lang::Korean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins_over_the_environment() {
        let korean = |name: &str| (name == "LANG").then(|| "ko_KR.UTF-8".to_owned());
        assert_eq!(Tongue::chosen(None, korean), Tongue::Korean);
        assert_eq!(Tongue::chosen(Some("en"), korean), Tongue::English);
        assert_eq!(Tongue::chosen(None, |_| None), Tongue::English);
        assert_eq!(Tongue::chosen(None, |name| (name != "LANG").then(String::new)), Tongue::English);
    }
}
