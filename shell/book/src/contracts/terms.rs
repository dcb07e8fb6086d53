//! `[[version.term]]`: one condition of a version.

use super::measures::{Definition, NamedMeasure, REVERSAL_DATES, REVERSALS};
use super::roles::{listed, role};
use super::{Rated, Surroundings, Tables};
use crate::arrival;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::formulas::{Formula, Wanted, compile};
use crate::nearest::known;
use crate::section::{Field, Section};
use calendar::Date;
use contract::{Base, Climb, Issuer, Role, Scope, Term, TermKind, Tier, Treatment, Vat, VatScope};
use event::PartyId;
use money::{AssetId, Rate, Rounding};

/// The most parts of a division and the most tiers.
const PARTS_MAX: usize = 1_000;

/// The smallest magnitude that a tier's bound may not reach: that of a tally.
const BOUND_MAX: i128 = money::TALLY_BOUND;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Share,
    Fee,
    Fixed,
    Division,
}

const KINDS: [(&str, Kind); 4] =
    [("share", Kind::Share), ("fee", Kind::Fee), ("fixed", Kind::Fixed), ("division", Kind::Division)];

/// Terms that are computed from events.
const RATED: &[Kind] = &[Kind::Share, Kind::Fee, Kind::Division];

/// The keys that only some kinds have.
const KEYS: [(&str, &[Kind]); 18] = [
    ("of", RATED),
    ("rate", &[Kind::Share, Kind::Fee]),
    ("tiers", &[Kind::Share]),
    ("on", &[Kind::Share]),
    ("fixed", &[Kind::Fee]),
    ("min", &[Kind::Fee]),
    ("max", &[Kind::Fee]),
    ("asset", &[Kind::Fee, Kind::Fixed]),
    ("amount", &[Kind::Fixed]),
    ("creditor", &[Kind::Share, Kind::Fee, Kind::Fixed]),
    ("parts", &[Kind::Division]),
    ("residue", &[Kind::Division]),
    ("dimensions", RATED),
    ("when", RATED),
    ("rounding", RATED),
    ("reversal", RATED),
    ("reversal_date", RATED),
    ("kind", &[Kind::Share, Kind::Fee, Kind::Fixed, Kind::Division]),
];

/// What a term needs to know of its version and contract.
pub(crate) struct VersionScope<'a, 'b, 'c> {
    pub(crate) measures: &'a [NamedMeasure],
    /// Whether the measures have no faults; else one that is not there may be one of those that have.
    pub(crate) are_measures_sound: bool,
    pub(crate) valid_from: Option<Date>,
    pub(crate) rated: &'a Rated<'c>,
    pub(crate) tables: &'a mut Tables,
    pub(crate) around: &'a mut Surroundings<'b>,
}

/// A term, and what the checks of its version look at.
#[derive(Debug)]
pub(crate) struct TermDraft {
    pub(crate) term: Term,
    pub(crate) place: Place,
    pub(crate) treatment: Treatment,
    /// Name of its measure as written.
    pub(crate) of: Option<Box<str>>,
    pub(crate) when: Option<Box<str>>,
    pub(crate) places: Places,
}

/// Where the parts of a term stand that its version's checks speak of; the term itself where one is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) on: Place,
    pub(crate) tiers: Place,
    pub(crate) reversal: Place,
    pub(crate) vat: Place,
}

pub(crate) fn read(
    mut section: Section<'_>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermDraft> {
    let kind = section.required("kind").and_then(|field| field.choice(&KINDS, findings));
    let place = section.place;
    let places = places(&section);
    let id = section.required("id").and_then(|field| field.name(findings));
    let Some(kind) = kind else {
        KEYS.iter().for_each(|(key, _)| drop(section.optional(key)));
        ["debtor", "purpose", "vat"].iter().for_each(|key| drop(section.optional(key)));
        section.finish(findings);
        return None;
    };
    refuse_foreign(&mut section, kind, findings);
    let rounding = rounding(&mut section, kind, findings);
    let treatment = treatment(&mut section, kind, findings);
    let sides = sides(&mut section, kind, scope, findings);
    let purpose = section.required("purpose").and_then(|field| field.name(findings));
    let vat = section.optional("vat").map(|field| vat(&field, findings));
    let measured =
        if kind == Kind::Fixed { None } else { Some(measured(&mut section, kind, id, treatment, scope, findings)) };
    let computed = computed(&mut section, kind, measured.as_ref(), scope, findings);
    let dimensions = section.optional("dimensions");
    let dimensions = dimensions
        .map_or(Some(Vec::new()), |field| listed(&field, scope.rated, &mut scope.tables.dimensions, findings));
    section.finish(findings);
    let ((scope_of, rounding), (debtor, creditor), kind) = (rounding?, sides?, computed?);
    let creditor = creditor.or_else(|| first_part(&kind))?;
    let term = Term {
        id: id?.into(),
        number: 0,
        debtor,
        creditor,
        purpose: interned(purpose?, scope.around.purposes),
        dimensions: with_fields_of_parts(&kind, dimensions?),
        scope: scope_of,
        rounding,
        kind,
        vat: vat.map_or(Some(None), |vat| vat.map(Some))?,
    };
    let (of, when) = measured.map_or((None, None), |measured| (measured.of, measured.when));
    let draft = TermDraft { term, place, treatment: treatment?, of, when, places };
    arrival::check_term(&draft, scope.rated, findings);
    Some(draft)
}

fn places(section: &Section<'_>) -> Places {
    let place = |key: &str| section.peek(key).map_or(section.place, |entry| entry.node.place);
    let reversal = if section.peek_text("reversal") == Some("mirror") { "reversal" } else { "reversal_date" };
    Places { on: place("on"), tiers: place("tiers"), reversal: place(reversal), vat: place("vat") }
}

fn refuse_foreign(section: &mut Section<'_>, kind: Kind, findings: &mut Findings) {
    let name = KINDS.iter().find(|(_, other)| *other == kind).map_or("share", |(name, _)| name);
    for (key, kinds) in KEYS {
        if !kinds.contains(&kind) {
            section.refuse(&[key], &format!("kind = \"{name}\""), findings);
        }
    }
}

fn interned(purpose: &str, purposes: &mut Vec<Box<str>>) -> Box<str> {
    if !purposes.iter().any(|known| **known == *purpose) {
        purposes.push(purpose.into());
    }
    purpose.into()
}

fn first_part(kind: &TermKind) -> Option<Role> {
    if let TermKind::Division { parts, .. } = kind { parts.first().map(|(role, _)| *role) } else { None }
}

/// A field that names a creditor of a division keeps the lines of all its parts apart.
fn with_fields_of_parts(kind: &TermKind, mut dimensions: Vec<u8>) -> Vec<u8> {
    if let TermKind::Division { parts, .. } = kind {
        dimensions.extend(parts.iter().filter_map(|(role, _)| match role {
            Role::Dimension(dimension) => Some(*dimension),
            Role::Party(_) => None,
        }));
        dimensions.sort_unstable();
        dimensions.dedup();
    }
    dimensions
}

/// Where and how it rounds; an agreed amount has nothing to round.
fn rounding(section: &mut Section<'_>, kind: Kind, findings: &mut Findings) -> Option<(Scope, Rounding)> {
    if kind == Kind::Fixed {
        return Some((Scope::Line, Rounding::HalfUp));
    }
    let mut section = section.required("rounding")?.section(findings)?;
    let field = section.required("scope");
    let scope = field.as_ref().and_then(|field| {
        let scope = field.choice(&[("event", Scope::Event), ("line", Scope::Line)], findings)?;
        if kind == Kind::Fee && scope == Scope::Line {
            field.fault(FaultKind::FeeByLine {}, findings);
        }
        Some(scope)
    });
    let mode = section.required("mode").and_then(|field| field.rounding(findings));
    section.finish(findings);
    Some((scope?, mode?))
}

/// How it treats reversals: mandatory for a share, else plainly where nothing is said.
fn treatment(section: &mut Section<'_>, kind: Kind, findings: &mut Findings) -> Option<Treatment> {
    let mut field = |key: &'static str| {
        if kind == Kind::Share { section.required(key) } else { section.optional(key) }
    };
    let reversal = field("reversal");
    let date = field("reversal_date");
    let reversal = match reversal {
        Some(field) => field.choice(&REVERSALS, findings),
        None => (kind != Kind::Share).then_some(Treatment::PLAIN.reversal),
    };
    let date = match date {
        Some(field) => field.choice(&REVERSAL_DATES, findings),
        None => (kind != Kind::Share).then_some(Treatment::PLAIN.date),
    };
    Some(Treatment { reversal: reversal?, date: date? })
}

/// Debtor and creditor; the creditors of a division are its parts.
fn sides(
    section: &mut Section<'_>,
    kind: Kind,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<(Role, Option<Role>)> {
    let debtor = section.required("debtor").map(|field| side(&field, kind, scope, findings));
    if kind == Kind::Division {
        return debtor?.map(|role| (role, None));
    }
    let field = section.required("creditor")?;
    let creditor = side(&field, kind, scope, findings);
    let (debtor, creditor) = (debtor??, creditor?);
    if debtor == creditor {
        let party = field.text(findings)?.into();
        field.fault(FaultKind::PartiesSame { party }, findings);
    }
    Some((debtor, Some(creditor)))
}

fn side(field: &Field<'_>, kind: Kind, scope: &mut VersionScope<'_, '_, '_>, findings: &mut Findings) -> Option<Role> {
    let role = role(field, scope.rated, &mut scope.tables.dimensions, scope.around, findings)?;
    match role {
        Role::Dimension(_) if kind == Kind::Fixed => {
            let role = field.text(findings)?.into();
            field.fault(FaultKind::FieldInFixed { role }, findings);
            return None;
        }
        Role::Party(party) => warn_of_start(party, field, scope, findings),
        Role::Dimension(_) => {}
    }
    Some(role)
}

fn warn_of_start(party: PartyId, field: &Field<'_>, scope: &VersionScope<'_, '_, '_>, findings: &mut Findings) {
    let party = scope.around.parties.party(party);
    let (Some(from), Some(valid_from)) = (party.active_from, scope.valid_from) else { return };
    if from > valid_from {
        let (from, valid_from) = (from.to_string().into(), valid_from.to_string().into());
        field.warn(FaultKind::PartyNotYetActive { party: party.id.clone(), from, valid_from }, findings);
    }
}

fn vat(field: &Field<'_>, findings: &mut Findings) -> Option<Vat> {
    const SCOPES: [(&str, VatScope); 3] =
        [("event", VatScope::Event), ("line", VatScope::Line), ("document", VatScope::Document)];
    const ISSUERS: [(&str, Issuer); 2] = [("creditor", Issuer::Creditor), ("debtor", Issuer::Debtor)];
    let mut section = field.section(findings)?;
    let rate = section.required("rate").and_then(|field| field.rate(findings));
    let scope = section.optional("scope").map_or(Some(VatScope::Document), |field| field.choice(&SCOPES, findings));
    let mode = section.optional("mode");
    let inclusive =
        mode.map_or(Some(false), |field| field.choice(&[("exclusive", false), ("inclusive", true)], findings));
    let rounding = section.required("rounding").and_then(|field| field.rounding(findings));
    let issuer = section.optional("issuer").map_or(Some(Issuer::Creditor), |field| field.choice(&ISSUERS, findings));
    section.finish(findings);
    Some(Vat { rate: rate?, scope: scope?, inclusive: inclusive?, rounding: rounding?, issuer: issuer? })
}

/// The measure of a term, its condition, and the asset in which a fee states amounts.
struct Measured {
    position: Option<u16>,
    of: Option<Box<str>>,
    when: Option<Box<str>>,
    /// The inner one is there where the asset that the term names is one.
    asset: Option<Option<AssetId>>,
}

fn measured(
    section: &mut Section<'_>,
    kind: Kind,
    id: Option<&str>,
    treatment: Option<Treatment>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Measured {
    let of = if kind == Kind::Fee { section.optional("of") } else { section.required("of") };
    let when_field = section.optional("when");
    let when = when_field.as_ref().map(|field| Formula::of(field, findings));
    let asset_field = section.optional("asset").filter(|_| kind == Kind::Fee);
    let asset = asset_field.as_ref().map(|field| sent_asset(field, scope, findings));
    let mut measured = Measured {
        position: None,
        of: of.as_ref().and_then(|field| field.filled_text(findings)).map(Into::into),
        when: when.as_ref().and_then(|when| Some(when.as_ref()?.text.clone())),
        asset,
    };
    let unit = count_of_events(section);
    let base = match &of {
        Some(field) => named(field, scope, findings),
        None if kind == Kind::Fee => Some(&unit),
        None => None,
    };
    let (Some(base), Some(treatment), Some(id)) = (base, treatment, id) else { return measured };
    if matches!(when, Some(None)) || asset == Some(None) {
        return measured;
    }
    measured.position = position(base, when.flatten().as_ref(), asset.flatten(), id, treatment, scope, findings);
    measured
}

/// An asset that the sources of the contract send.
fn sent_asset(field: &Field<'_>, scope: &VersionScope<'_, '_, '_>, findings: &mut Findings) -> Option<AssetId> {
    let asset = scope.around.assets.resolve(field, findings)?;
    if scope.rated.is_sound && !scope.rated.assets.contains(&asset) {
        let names = scope.rated.assets.iter().map(|asset| &*scope.around.assets.asset(*asset).name);
        let word = scope.around.assets.asset(asset).name.clone();
        let known = known(&word, names);
        field.fault(FaultKind::WordNever { word, name: "asset".into(), known }, findings);
        return None;
    }
    Some(asset)
}

/// The measure of a fee that names none: 1 for each event.
fn count_of_events(section: &Section<'_>) -> NamedMeasure {
    let sum = Formula { text: "1".into(), place: section.place, path: section.path.clone() };
    NamedMeasure { name: "1".into(), sum, filter: None }
}

fn named<'a>(field: &Field<'_>, scope: &VersionScope<'a, '_, '_>, findings: &mut Findings) -> Option<&'a NamedMeasure> {
    let name = field.text(findings)?;
    let found = scope.measures.iter().find(|measure| &*measure.name == name);
    if found.is_none() && scope.are_measures_sound {
        let known = known(name, scope.measures.iter().map(|measure| &*measure.name));
        field.fault(FaultKind::MeasureUnknown { name: name.into(), known }, findings);
    }
    found
}

/// The position of a term's measure: the listed one, or one of its own where it has a condition.
fn position(
    base: &NamedMeasure,
    when: Option<&Formula>,
    asset: Option<AssetId>,
    id: &str,
    treatment: Treatment,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<u16> {
    let (rated, around) = (scope.rated, &mut *scope.around);
    // Where all events have the asset of a fee's amounts anyway, it is no condition.
    let asset = asset.filter(|asset| rated.assets != [*asset]);
    let mut definition =
        Definition { name: &base.name, sum: &base.sum, filter: base.filter.as_ref(), treatment, listed: false };
    if when.is_none() && asset.is_none() {
        return scope.tables.measures.position(&definition, rated, around.dictionary, findings);
    }
    if let Some(when) = when.filter(|_| rated.is_sound) {
        compile(when, Wanted::Condition, &rated.adapters, around.dictionary, findings)?;
        rated.domains.check(when, findings);
    }
    let name = asset.map(|asset| around.assets.asset(asset).name.replace('\'', "''"));
    let parts = base.filter.iter().chain(when).map(|part| part.text.to_string());
    let parts: Vec<String> = parts.chain(name.map(|name| format!("asset = '{name}'"))).collect();
    let text = if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(") and (")) };
    let anchor = when.unwrap_or(&base.sum);
    let filter = Formula { text: text.into(), place: anchor.place, path: anchor.path.clone() };
    let name = format!("{} of {id}", base.name);
    definition.name = &name;
    definition.filter = Some(&filter);
    scope.tables.measures.position(&definition, rated, around.dictionary, findings)
}

fn computed(
    section: &mut Section<'_>,
    kind: Kind,
    measured: Option<&Measured>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let of = measured.and_then(|measured| measured.position);
    match kind {
        Kind::Share => {
            let on = section.optional("on");
            let on = on.map(|field| field.choice(&[("gross", Base::Gross), ("rest", Base::Rest)], findings));
            let scale = of.map(|of| scope.tables.measures.measure(of).scale);
            let tiers = tiers(section, scale, findings);
            let on = on.unwrap_or(Some(Base::Gross))?;
            let (climb, deductions, carries) = (Climb::GRADUATED, Vec::new(), false);
            Some(TermKind::Share { of: of?, tiers: tiers?, climb, on, deductions, carries })
        }
        Kind::Fee => fee(section, of, measured?.asset, scope, findings),
        Kind::Fixed => fixed(section, scope, findings),
        Kind::Division => division(section, of, scope, findings),
    }
}

fn tiers(section: &mut Section<'_>, scale: Option<u8>, findings: &mut Findings) -> Option<Vec<Tier>> {
    let (key, field) = section.one_of(&["rate", "tiers"], findings)?;
    if key == "rate" {
        return Some(vec![Tier { up_to: None, rate: field.rate(findings)? }]);
    }
    let items = field.filled_list(findings)?;
    if items.len() > PARTS_MAX {
        field.fault(FaultKind::TooMany { key: "tiers".into(), most: PARTS_MAX.to_string().into() }, findings);
        return None;
    }
    let mut tiers: Vec<Tier> = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let mut section = item.section(findings)?;
        let rate = section.required("rate").and_then(|field| field.rate(findings));
        let bound = section.optional("up_to");
        section.finish(findings);
        let is_last = position + 1 == items.len();
        match &bound {
            None if !is_last => item.fault(FaultKind::TierUnbounded {}, findings),
            Some(field) if is_last => {
                let value = field.found(findings);
                field.fault(FaultKind::TierBounded { value }, findings);
            }
            _ => {}
        }
        let before = tiers.last().and_then(|tier| tier.up_to).unwrap_or(0);
        let up_to = bound.map(|field| bound_of(&field, scale, before, findings));
        tiers.push(Tier { up_to: up_to.map_or(Some(None), |bound| bound.map(Some))?, rate: rate? });
    }
    Some(tiers)
}

/// A bound at the scale of its measure, above the one before it.
fn bound_of(field: &Field<'_>, scale: Option<u8>, before: i128, findings: &mut Findings) -> Option<i128> {
    let number = field.decimal(findings)?;
    let scale = scale?;
    let value: Box<str> = number.to_string().into();
    let Ok(units) = number.units_at(scale) else {
        field.fault(FaultKind::DigitsTooMany { value, digits: scale.to_string().into() }, findings);
        return None;
    };
    if units >= BOUND_MAX {
        field.fault(FaultKind::AmountTooLarge { value }, findings);
        return None;
    }
    if units <= before {
        let before = money::Decimal { mantissa: before, scale };
        field.fault(FaultKind::TierOrder { value, before: before.to_string().into() }, findings);
        return None;
    }
    Some(units)
}

fn fee(
    section: &mut Section<'_>,
    of: Option<u16>,
    asset: Option<Option<AssetId>>,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let rate_field = section.optional("rate");
    let rate = rate_field.as_ref().map_or(Some(Rate::ZERO), |field| field.rate(findings));
    let fields = ["fixed", "min", "max"].map(|key| section.optional(key));
    if rate_field.is_none() && fields[0].is_none() {
        findings.fault(section.place, &section.path, FaultKind::FeeEmpty {});
    }
    let is_named = asset.is_some();
    let asset = asset.unwrap_or(if let [only] = scope.rated.assets[..] { Some(only) } else { None });
    let mut amounts = [Some(None); 3];
    for (field, amount) in fields.iter().zip(&mut amounts) {
        let Some(field) = field else { continue };
        let Some(asset) = asset else {
            if scope.rated.is_sound && !is_named {
                let names = scope.rated.assets.iter().map(|asset| &*scope.around.assets.asset(*asset).name);
                let known = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ").into();
                field.fault(FaultKind::AssetNeeded { known }, findings);
            }
            return None;
        };
        let digits = scope.around.assets.asset(asset).digits;
        *amount = field.amount(digits, findings).map(Some);
    }
    let [fixed, min, max] = amounts;
    if let (Some(Some(min)), Some(Some(max)), [_, Some(field), Some(other)]) = (min, max, &fields)
        && min > max
    {
        let kind = FaultKind::FeeBounds { min: field.found(findings), max: other.found(findings) };
        field.fault(kind, findings);
    }
    Some(TermKind::Fee { of: of?, rate: rate?, fixed: fixed?.unwrap_or(0), min: min?, max: max? })
}

fn fixed(section: &mut Section<'_>, scope: &VersionScope<'_, '_, '_>, findings: &mut Findings) -> Option<TermKind> {
    let amount = section.required("amount");
    let assets = scope.around.assets;
    let asset = match section.optional("asset") {
        Some(field) => assets.resolve(&field, findings)?,
        None if assets.list.len() == 1 => AssetId(0),
        None => {
            let _ = section.required("asset");
            return None;
        }
    };
    let amount = amount?.amount(assets.asset(asset).digits, findings)?;
    Some(TermKind::Fixed { amount, asset })
}

fn division(
    section: &mut Section<'_>,
    of: Option<u16>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let list = section.required("parts");
    let residue = section.required("residue");
    let list = list?;
    let mut parts: Vec<(Role, Rate)> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut is_whole = true;
    for item in list.filled_list(findings)?.into_iter().take(PARTS_MAX) {
        let mut part = item.section(findings)?;
        let creditor = part.required("creditor");
        let share = part.required("share").and_then(|field| field.rate(findings));
        part.finish(findings);
        names.extend(creditor.as_ref().and_then(|field| field.text(findings)));
        let role = creditor.and_then(|field| {
            let role = side(&field, Kind::Division, scope, findings)?;
            if parts.iter().any(|(other, _)| *other == role) {
                let (id, first) = (field.text(findings)?.into(), findings.line_of(list.place()));
                field.fault(FaultKind::IdTwice { id, first }, findings);
            }
            Some(role)
        });
        match role.zip(share) {
            Some(part) => parts.push(part),
            None => is_whole = false,
        }
    }
    let residue = residue.and_then(|field| {
        let name = field.text(findings)?;
        let position = names.iter().position(|part| *part == name);
        if position.is_none() {
            let known = known(name, names.iter().copied());
            field.fault(FaultKind::ResidueUnknown { name: name.into(), known }, findings);
        }
        position
    });
    if !is_whole {
        return None;
    }
    check_sum(&parts, &list, findings);
    Some(TermKind::Division { of: of?, parts, residue: u16::try_from(residue?).ok()? })
}

/// The shares of a division make one whole, exactly.
fn check_sum(parts: &[(Role, Rate)], list: &Field<'_>, findings: &mut Findings) {
    let mut sum = Some((0_i128, 1_i128));
    for (_, share) in parts {
        sum = sum.and_then(|sum| added(sum, (share.numerator().into(), share.denominator().into())));
    }
    if sum.is_some_and(|(upper, lower)| upper == lower) {
        return;
    }
    let shown = sum.map_or_else(|| "?".to_owned(), |(upper, lower)| format!("{upper}/{lower}"));
    list.fault(FaultKind::SharesSum { sum: shown.into() }, findings);
}

/// The sum of two fractions in lowest terms, where it fits.
fn added(left: (i128, i128), right: (i128, i128)) -> Option<(i128, i128)> {
    let upper = left.0.checked_mul(right.1)?.checked_add(right.0.checked_mul(left.1)?)?;
    let lower = left.1.checked_mul(right.1)?;
    let (mut divisor, mut rest) = (upper, lower);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let divisor = divisor.abs().max(1);
    Some((upper / divisor, lower / divisor))
}
