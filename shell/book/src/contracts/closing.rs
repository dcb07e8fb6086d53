//! Resolves what closing terms name, and refuses what they could never see.
//!
//! Terms of the same contract are resolved when all its versions are read and its terms have their numbers; pooled terms
//! of other contracts when all contracts are read. Where a name stands in several versions, the term of the closing
//! term's own version counts, else any. Cost: closing terms × names × terms of the contract.

use super::terms::Named;
use super::versions::VersionDraft;
use super::{Rated, TermDraft};
use crate::assets::Assets;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use contract::{Contract, ContractId, Pooled, Reversal, Role, Term, TermKind};
use money::AssetId;
use std::mem::discriminant;

/// Fills in the numbers of the terms that closing terms of a contract name. `drafts` are its versions.
pub(super) fn resolve(
    contract: &mut Contract,
    drafts: &[VersionDraft],
    rated: &Rated<'_>,
    assets: &Assets,
    findings: &mut Findings,
) {
    check_kinds(drafts, findings);
    let resolution = Resolution { contract, drafts, settled: rated.settled(), assets };
    let mut numbers = Vec::new();
    for (version, draft) in drafts.iter().enumerate() {
        for (position, closing) in draft.terms.iter().enumerate() {
            if closing.term.closes().is_some() {
                let of = closing.links.of.iter();
                let of = of.filter_map(|named| resolution.number(closing, named, (version, position), findings));
                numbers.push((version, position, of.collect::<Vec<u16>>()));
            }
            resolution.check_advance(closing, findings);
        }
    }
    for (version, position, mut resolved) in numbers {
        resolved.sort_unstable();
        match &mut contract.versions[version].terms[position].kind {
            TermKind::Bound { of, .. }
            | TermKind::Minimum { of, .. }
            | TermKind::Carry { of }
            | TermKind::Advance { of, .. }
            | TermKind::Prepaid { of, .. } => *of = resolved,
            _ => unreachable!("only closing terms name terms"),
        }
    }
}

/// What is carried belongs to a term by its id, so that its kind stays.
fn check_kinds(drafts: &[VersionDraft], findings: &mut Findings) {
    let mut seen: Vec<&TermDraft> = Vec::new();
    for draft in drafts.iter().flat_map(|version| &version.terms) {
        let Some(first) = seen.iter().find(|other| other.term.id == draft.term.id) else {
            seen.push(draft);
            continue;
        };
        let closes = first.term.closes().is_some() || draft.term.closes().is_some();
        if closes && discriminant(&first.term.kind) != discriminant(&draft.term.kind) {
            let kind = FaultKind::KindChanged { term: draft.term.id.clone(), first: findings.line_of(first.place) };
            findings.fault(draft.place, "version.term.id", kind);
        }
    }
}

struct Resolution<'a> {
    contract: &'a Contract,
    drafts: &'a [VersionDraft],
    settled: Vec<AssetId>,
    assets: &'a Assets,
}

impl Resolution<'_> {
    /// The number of a term that a closing term names.
    fn number(
        &self,
        closing: &TermDraft,
        named: &Named,
        (version, position): (usize, usize),
        findings: &mut Findings,
    ) -> Option<u16> {
        let path = "version.term.of";
        let name = &named.name;
        let Some(number) = self.contract.term_ids.iter().position(|id| id == name) else {
            let known = known(name, self.contract.term_ids.iter().map(|id| &**id));
            findings.fault(named.place, path, FaultKind::TermUnknown { name: name.clone(), known });
            return None;
        };
        let in_version =
            |version: usize| self.drafts[version].terms.iter().enumerate().find(|(_, term)| term.term.id == *name);
        let own = in_version(version).map(|(at, term)| (Some(at), term));
        let any = || (0..self.drafts.len()).rev().find_map(in_version).map(|(_, term)| (None, term));
        let (at, term) = own.or_else(any)?;
        let rank = step_of(&closing.term).cmp(&step_of(&term.term));
        if rank.then(at.map_or(std::cmp::Ordering::Greater, |at| position.cmp(&at))).is_le() {
            findings.fault(named.place, path, FaultKind::ClosingOrder { term: name.clone() });
            return None;
        }
        if !sees(&closing.term, &term.term) {
            findings.fault(named.place, path, FaultKind::ClosingParties { term: name.clone() });
        }
        if let Some(asset) = closing.links.asset.filter(|asset| !self.charges_in(&term.term, *asset)) {
            let asset = self.assets.asset(asset).name.clone();
            findings.fault(named.place, path, FaultKind::ClosingAsset { term: name.clone(), asset });
        }
        check_mirror(closing, term, findings);
        u16::try_from(number).ok()
    }

    /// Whether a term can charge in an asset.
    fn charges_in(&self, term: &Term, asset: AssetId) -> bool {
        term.stated_asset().map_or_else(|| self.settled.contains(&asset), |own| own == asset)
    }

    /// An advance is paid by a version that governs the last day of the period of its day.
    fn check_advance(&self, draft: &TermDraft, findings: &mut Findings) {
        let TermKind::Advance { on, .. } = draft.term.kind else { return };
        let has_term = |version: &&VersionDraft| version.terms.iter().any(|term| term.term.id == draft.term.id);
        let first_on = self.drafts.iter().filter(has_term).map(|version| version.valid_from).min();
        let is_before = first_on.is_some_and(|first_on| self.contract.cycle.period_of(on).end <= first_on);
        let is_after = self.contract.ends_on.is_some_and(|end| on >= end);
        if is_before || is_after {
            findings.fault(draft.place, "version.term.on", FaultKind::AdvanceNever { on: on.to_string().into() });
        }
    }
}

/// In which order terms are computed: those from events first, then closing terms by their kind.
fn step_of(term: &Term) -> u8 {
    match term.kind {
        TermKind::Bound { .. } => 1,
        TermKind::Minimum { .. } => 2,
        TermKind::Carry { .. } => 3,
        TermKind::Advance { .. } => 4,
        TermKind::Prepaid { .. } => 5,
        _ => 0,
    }
}

/// Whether a term charges between the two sides of a closing term.
fn sees(closing: &Term, term: &Term) -> bool {
    let creditors: Vec<Role> = match &term.kind {
        TermKind::Division { parts, .. } => parts.iter().map(|(role, _)| *role).collect(),
        TermKind::Agents { agents, .. } => {
            agents.iter().map(|agent| Role::Party(agent.party)).chain([term.creditor]).collect()
        }
        // Who is owed by attribution only the paths say.
        TermKind::Attribution { .. } => vec![closing.creditor],
        _ => vec![term.creditor],
    };
    closing.debtor == term.debtor && creditors.contains(&closing.creditor)
}

/// A mirrored reversal returns its original's own charge; no other event may have a part in that.
fn check_mirror(closing: &TermDraft, term: &TermDraft, findings: &mut Findings) {
    let lifts = matches!(closing.term.kind, TermKind::Bound { .. } | TermKind::Minimum { .. } | TermKind::Carry { .. });
    if lifts && term.treatment.reversal == Reversal::Mirror {
        let on = format!("`{}` over it", closing.term.id).into();
        findings.fault(term.places.reversal, "version.term.reversal", FaultKind::MirrorDepends { on });
    }
}

/// What a guarantee pools of other contracts, until all of them are read.
#[derive(Debug)]
pub(super) struct PoolDraft {
    contract: usize,
    version: usize,
    term: usize,
    names: Vec<Named>,
}

/// What the guarantees of a contract pool.
pub(super) fn pools_of(contract: usize, drafts: &[VersionDraft]) -> Vec<PoolDraft> {
    let mut pools = Vec::new();
    for (version, draft) in drafts.iter().enumerate() {
        for (term, draft) in draft.terms.iter().enumerate().filter(|(_, draft)| !draft.links.pool.is_empty()) {
            pools.push(PoolDraft { contract, version, term, names: draft.links.pool.clone() });
        }
    }
    pools
}

/// Fills in what guarantees pool of other contracts.
pub(super) fn resolve_pools(
    contracts: &mut [Contract],
    pools: &[PoolDraft],
    are_sound: bool,
    assets: &[Vec<AssetId>],
    findings: &mut Findings,
) {
    let pooling: Vec<usize> = pools.iter().map(|pool| pool.contract).collect();
    let mut resolved = Vec::new();
    for pool in pools {
        let own = &contracts[pool.contract];
        let guarantee = &own.versions[pool.version].terms[pool.term];
        let mut list = Vec::new();
        for named in &pool.names {
            match pooled(contracts, (own, guarantee), named, (&pooling, assets)) {
                Ok(pooled) => list.push(pooled),
                Err(FaultKind::ContractUnknown { .. }) if !are_sound => {}
                Err(kind) => findings.fault(named.place, "version.term.pool", kind),
            }
        }
        resolved.push(list);
    }
    for (pool, list) in pools.iter().zip(resolved) {
        if let TermKind::Minimum { pool, .. } =
            &mut contracts[pool.contract].versions[pool.version].terms[pool.term].kind
        {
            *pool = list;
        }
    }
}

fn pooled(
    contracts: &[Contract],
    (own, guarantee): (&Contract, &Term),
    named: &Named,
    (pooling, assets): (&[usize], &[Vec<AssetId>]),
) -> Result<Pooled, FaultKind> {
    let parts = named.name.split_once('/').filter(|(contract, _)| **contract != *own.id);
    let Some((name, id)) = parts else { return Err(FaultKind::PoolInvalid { value: named.name.clone() }) };
    let Some(position) = contracts.iter().position(|other| *other.id == *name) else {
        let known = known(name, contracts.iter().map(|other| &*other.id));
        return Err(FaultKind::ContractUnknown { name: name.into(), known });
    };
    let other = &contracts[position];
    let contract: Box<str> = name.into();
    if let Some(key) = difference(own, other) {
        return Err(FaultKind::PoolDiffers { contract, key: key.into() });
    }
    if pooling.contains(&position) {
        return Err(FaultKind::PoolOfPool { contract });
    }
    let Some(number) = other.term_ids.iter().position(|known| **known == *id) else {
        let known = known(id, other.term_ids.iter().map(|id| &**id));
        return Err(FaultKind::TermUnknown { name: id.into(), known });
    };
    let terms = other.versions.iter().flat_map(|version| &version.terms).filter(|term| *term.id == *id);
    let term: Box<str> = id.into();
    let TermKind::Minimum { asset, .. } = guarantee.kind else { unreachable!("only guarantees pool") };
    for own in terms {
        if step_of(own) > 1 {
            return Err(FaultKind::PoolClosing { term });
        }
        let is_fixed = |role: Role| matches!(role, Role::Party(_));
        let sides = [own.debtor, own.creditor, guarantee.debtor, guarantee.creditor];
        let is_alone =
            !matches!(own.kind, TermKind::Division { .. } | TermKind::Agents { .. } | TermKind::Attribution { .. });
        if !is_alone || !sides.into_iter().all(is_fixed) || !sees(guarantee, own) {
            return Err(FaultKind::PoolParties { term });
        }
        if !own.stated_asset().map_or_else(|| assets[position].contains(&asset), |own| own == asset) {
            return Err(FaultKind::PoolAsset { term });
        }
    }
    let number = u16::try_from(number).expect("terms of a contract are bounded");
    Ok(Pooled { contract: contract_id(position), term: number })
}

fn contract_id(position: usize) -> ContractId {
    ContractId(u16::try_from(position).expect("a book has fewer than 65,536 files"))
}

/// The first part of their calendars in which two contracts differ.
fn difference(own: &Contract, other: &Contract) -> Option<&'static str> {
    match () {
        () if own.cycle != other.cycle => Some("cycle"),
        () if own.zone != other.zone => Some("zone"),
        () if own.cut_off_s != other.cut_off_s => Some("cut_off"),
        () if own.lag_days != other.lag_days => Some("lag_days"),
        () => None,
    }
}
