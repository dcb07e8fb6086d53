//! The assets of a book: ISO 4217 currencies by code, also those no longer in use, and units of the book's own.

use crate::base::{Earlier, sort_known};
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::section::{Field, Section};
use iso_currency::Currency;
use money::{Asset, AssetId, DIGITS_MAX};

/// The most assets of one book.
const ASSETS_MAX: usize = 1_000;

/// The assets of a book in order of `book.toml`.
#[derive(Debug, Default)]
pub(crate) struct Assets {
    pub(crate) list: Vec<Asset>,
    /// Whether all of them could be read; else one that is not there may be one of those that could not.
    is_sound: bool,
}

impl Assets {
    pub(crate) fn asset(&self, id: AssetId) -> &Asset {
        &self.list[usize::from(id.0)]
    }

    /// The asset of this name.
    pub(crate) fn find(&self, name: &str) -> Option<AssetId> {
        let position = self.list.iter().position(|asset| &*asset.name == name)?;
        u16::try_from(position).ok().map(AssetId)
    }

    /// The asset that a field names.
    pub(crate) fn resolve(&self, field: &Field<'_>, findings: &mut Findings) -> Option<AssetId> {
        let name = field.text(findings)?;
        let asset = self.find(name);
        if asset.is_none() && self.is_sound {
            let known = known(name, self.list.iter().map(|asset| &*asset.name));
            field.fault(FaultKind::AssetNotInBook { name: name.into(), known }, findings);
        }
        asset
    }

    /// Reads `assets = [ "USD", { name = "POINT", digits = 0 } ]`.
    pub(crate) fn read(field: &Field<'_>, earlier: Option<Earlier<'_>>, findings: &mut Findings) -> Self {
        let before = findings.count();
        let mut list = read(field, findings);
        if let Some(earlier) = earlier {
            let known: Vec<&str> = earlier.book.assets.iter().map(|asset| &*asset.name).collect();
            sort_known(&mut list, &known, |asset| Some(asset.name.clone()));
        }
        Self { list, is_sound: findings.count() == before }
    }
}

fn read(field: &Field<'_>, findings: &mut Findings) -> Vec<Asset> {
    let mut assets: Vec<Asset> = Vec::new();
    let mut places: Vec<Place> = Vec::new();
    for item in field.filled_list(findings).unwrap_or_default() {
        if assets.len() == ASSETS_MAX {
            let most = ASSETS_MAX.to_string().into();
            item.fault(FaultKind::TooMany { key: "assets".into(), most }, findings);
            break;
        }
        let asset = if item.is_text() { currency(&item, findings) } else { own(&item, findings) };
        let Some(asset) = asset else { continue };
        if let Some(position) = assets.iter().position(|other| other.name == asset.name) {
            let first = findings.line_of(places[position]);
            item.fault(FaultKind::IdTwice { id: asset.name, first }, findings);
            continue;
        }
        assets.push(asset);
        places.push(item.place());
    }
    assets
}

fn currency(item: &Field<'_>, findings: &mut Findings) -> Option<Asset> {
    let code = item.text(findings)?;
    let Some(currency) = Currency::from_code(code) else {
        item.fault(FaultKind::AssetUnknown { name: code.into(), known: near(code) }, findings);
        return None;
    };
    match currency.exponent().and_then(|digits| u8::try_from(digits).ok()) {
        Some(digits) => Some(Asset { name: code.into(), digits }),
        None => {
            item.fault(FaultKind::AssetWithoutDigits { name: code.into() }, findings);
            None
        }
    }
}

fn own(item: &Field<'_>, findings: &mut Findings) -> Option<Asset> {
    let mut section: Section<'_> = item.section(findings)?;
    let name = section.required("name").and_then(|field| field.name(findings));
    let digits = section.required("digits");
    let digits = digits.and_then(|field| field.whole(0, i64::from(DIGITS_MAX), findings));
    section.finish(findings);
    let (name, digits) = (name?, u8::try_from(digits?).expect("checked against DIGITS_MAX"));
    if let Some(usual) = Currency::from_code(name).and_then(Currency::exponent)
        && usual != u16::from(digits)
    {
        let kind = FaultKind::AssetDigitsUnusual { name: name.into(), digits: usual.to_string().into() };
        item.warn(kind, findings);
    }
    Some(Asset { name: name.into(), digits })
}

/// Codes that a slip away from `code` exist: other case, two letters exchanged, one letter replaced.
fn near(code: &str) -> Box<str> {
    let upper: Vec<char> = code.trim().to_uppercase().chars().collect();
    let mut found: Vec<String> = Vec::new();
    let mut offer = |letters: &[char]| {
        let candidate: String = letters.iter().collect();
        if found.len() < 5 && Currency::from_code(&candidate).is_some() && !found.contains(&candidate) {
            found.push(candidate);
        }
    };
    if upper.len() == 3 {
        offer(&upper);
        for position in 0..2 {
            let mut letters = upper.clone();
            letters.swap(position, position + 1);
            offer(&letters);
        }
        for position in [2, 1, 0] {
            for letter in 'A'..='Z' {
                let mut letters = upper.clone();
                letters[position] = letter;
                offer(&letters);
            }
        }
    }
    if found.is_empty() {
        return "–".into();
    }
    found.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_codes_are_offered() {
        assert!(near("usd").starts_with("`USD`"));
        assert!(near("KWR").starts_with("`KRW`"));
        assert_eq!(&*near("dollars"), "–");
    }

    #[test]
    fn currencies_have_the_digits_of_iso_4217() {
        let digits = |code: &str| Currency::from_code(code).and_then(Currency::exponent);
        let expected = [("KRW", 0), ("JPY", 0), ("USD", 2), ("KWD", 3), ("CLF", 4), ("BGN", 2)];
        for (code, count) in expected {
            assert_eq!(digits(code), Some(count), "{code}");
        }
    }
}
